"""Fields of widgets whose queries can share no call. Benchmarks use them too, so this module needs no Django."""

APART = {"measure": "unique", "chart": "number"}
"""The widget shows unique users over its whole range. Two of these widgets with different ranges can share no call."""

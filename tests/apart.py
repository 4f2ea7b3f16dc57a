"""Fields of widgets whose queries can share no call. Benchmarks use them too, so this module needs no Django."""

APART = {"measure": "unique", "chart": "number"}
"""A number of unique users over the whole range. If the ranges of two such widgets differ, they can share no call."""

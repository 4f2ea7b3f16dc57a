"""Widgets whose queries can share no call. Benchmarks use them too, so this module needs no Django."""

APART = {"measure": "unique", "chart": "number"}
"""Fields of such widgets, if their ranges differ: unique users over a whole range."""

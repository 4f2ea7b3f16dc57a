"""Fields of widgets whose queries can share no call. Needs no Django, because benchmarks use this module too."""

APART = {"measure": "unique", "chart": "number"}
"""Unique users over the whole range: queries for different ranges can share no call."""

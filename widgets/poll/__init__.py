"""Answers polls of widget addresses: the fast path, rendering, and waiting for missing data."""

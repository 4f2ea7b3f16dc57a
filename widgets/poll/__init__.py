"""Answers polls of widget addresses: the fast path, the rendering of data, and the wait for missing data."""

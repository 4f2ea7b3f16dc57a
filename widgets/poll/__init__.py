"""Answers polls of widget addresses."""

"""Counts the polls on this host. The page `/metrics` shows the counts."""

"""Counts of polls on this host, for `/metrics`."""

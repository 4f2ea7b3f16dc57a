"""Imports and exports projects and widgets as JSON, and imports widget addresses of an older program of 2015."""

"""Django's SQLite backend, but for the mode of its files."""

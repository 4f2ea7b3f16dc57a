"""Django's SQLite backend with private files and a read-only fallback."""

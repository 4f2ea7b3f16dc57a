"""Django's SQLite backend, with private database files and with read access when the disk can't be written."""

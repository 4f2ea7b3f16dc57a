"""Django's SQLite backend, with private files, faster cursors, and reading from a full or read-only disk.

To read a database in WAL mode, SQLite needs to write a small file. If SQLite can't write this file, this backend opens
the database as immutable.
"""

import sqlite3
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from widgets.management.private_files import make_private

CANNOT_WRITE = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_FULL")
READ_ONLY_SECONDS = 2
LONGEST_REMEMBERED = 2000


class DatabaseWrapper(base.DatabaseWrapper):
    read_only_until: float | None = None

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=Cursor)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.read_only_until = None
        name = str(conn_params["database"])
        if not name.startswith((":memory:", "file:")):
            make_private(Path(name))
        try:
            return super().get_new_connection(conn_params)
        except sqlite3.OperationalError as error:
            file = Path(self.settings_dict["NAME"])
            if not error.sqlite_errorname.startswith(CANNOT_WRITE) or not file.is_file() or has_wal(file):
                raise
        # SQLite assumes that nobody changes an immutable file, so this connection is used only for READ_ONLY_SECONDS.
        self.read_only_until = time.monotonic() + READ_ONLY_SECONDS
        read_only = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        return super().get_new_connection(conn_params | {"database": read_only})

    def close_if_health_check_failed(self) -> None:
        """Closes a read-only connection after READ_ONLY_SECONDS (Django calls this before every cursor)."""
        if self.read_only_until is not None and time.monotonic() > self.read_only_until and not self.in_atomic_block:
            self.close()
            self.read_only_until = None
        super().close_if_health_check_failed()


class Cursor(base.SQLiteCursorWrapper):
    """Converts each statement's placeholders only once.

    Django converts them whenever the statement runs. In a poll, this takes a sixth of the SELECT's time.
    """

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is None and len(query) < LONGEST_REMEMBERED:
            return converted(query)
        return super().convert_query(query, param_names=param_names)


@lru_cache(maxsize=500)
def converted(query: str) -> str:
    return str(base.FORMAT_QMARK_REGEX.sub("?", query).replace("%%", "%"))


def has_wal(file: Path) -> bool:
    """Whether SQLite's write-ahead log (WAL) may have changes that the database file lacks."""
    wal = file.with_name(f"{file.name}-wal")
    return wal.exists() and wal.stat().st_size > 0

"""Django's SQLite, but its files are private, and what is there can be read where nothing can be written.

To read a database in WAL mode SQLite makes a small file beside it. On a disk that is full or read-only it can't.
"""

import sqlite3
import time
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from widgets.management.private_files import make_private

NO_ROOM = ("SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_FULL")
FROZEN_SECONDS = 2


class DatabaseWrapper(base.DatabaseWrapper):
    frozen_until: float | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.frozen_until = None
        name = str(conn_params["database"])
        if not name.startswith((":memory:", "file:")):
            make_private(Path(name))
        try:
            return super().get_new_connection(conn_params)
        except sqlite3.OperationalError as error:
            file = Path(self.settings_dict["NAME"])
            if not error.sqlite_errorname.startswith(NO_ROOM) or not file.is_file() or has_log(file):
                raise
        # SQLite believes that nobody writes to the file meanwhile, so it believes it for a moment only.
        self.frozen_until = time.monotonic() + FROZEN_SECONDS
        frozen = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        return super().get_new_connection(conn_params | {"database": frozen})

    def close_if_health_check_failed(self) -> None:
        """Django asks this before every cursor."""
        if self.frozen_until is not None and time.monotonic() > self.frozen_until and not self.in_atomic_block:
            self.close()
            self.frozen_until = None
        super().close_if_health_check_failed()


def has_log(file: Path) -> bool:
    """Whether there are writes that are not yet in the file itself."""
    log = file.with_name(f"{file.name}-wal")
    return log.exists() and log.stat().st_size > 0

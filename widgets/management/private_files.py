"""Protects files with widgets' addresses or keys from other users of the machine."""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import connection

OTHERS = 0o007
GROUP_MAY_WRITE = 0o020
BESIDE = ("", "-wal", "-shm", "-journal")
"""Endings of the files that SQLite writes. All have the mode of the database file."""


def create_private(file: Path) -> int:
    """Creates and opens a new file. Raises FileExistsError if the file exists.

    A umask would hold for the whole process, also for files that others must read, such as compiled modules.
    """
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def make_private(database: Path) -> None:
    """Creates a private SQLite file. If the file exists and other users can read it, takes that right away."""
    try:
        os.close(create_private(database))
    except FileExistsError:
        close_database(database)
    except OSError:
        return  # SQLite reports the error when it opens the file


def close_database(database: Path) -> None:
    for ending in BESIDE:
        # The check below reports files that can't be changed, because of their owner or a read-only disk.
        with suppress(OSError):
            file = Path(f"{database}{ending}")
            mode = file.stat().st_mode & 0o777
            if mode & OTHERS:
                # A group that may write got this right on purpose. A group that may only read got it by default.
                file.chmod(mode & (0o770 if mode & GROUP_MAY_WRITE else 0o700))


def check_private_files(**kwargs: Any) -> Sequence[CheckMessage]:
    """A system check, so that every command warns about files that others can read."""
    files = [settings.BASE_DIR / ".env"]
    if connection.vendor == "sqlite":
        database = Path(str(connection.settings_dict["NAME"]))
        close_database(database)  # because this check may run before the first connection, which does the same
        files.append(database)
    return [
        Warning(f"Every user of this machine can read {file}.", hint=f"chmod o= {file}", id="widgets.W001")
        for file in files
        if file.is_file() and file.stat().st_mode & OTHERS
    ]

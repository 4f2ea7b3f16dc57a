"""Protects the files that contain keys or widgets' addresses from other users of the machine."""

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
"""The endings of SQLite's files ("" is the database). SQLite gives all these files the permissions of the database."""


def create_private(file: Path) -> int:
    """Creates a file that only its owner can read. Returns the file descriptor. Raises FileExistsError.

    It sets no umask. A umask would apply to all files of the process, even to files that other users must read, such
    as compiled modules.
    """
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def make_private(database: Path) -> None:
    """Creates a SQLite file that only its owner can read. If the file exists, removes other users' permissions."""
    try:
        os.close(create_private(database))
    except FileExistsError:
        close_to_others(database)
    except OSError:
        return  # SQLite reports this error later, when it opens the file


def close_to_others(database: Path) -> None:
    for ending in BESIDE:
        # The file might not exist. On a read-only disk, or if the file has another owner, `chmod` fails: then
        # `check_private_files` warns about the database.
        with suppress(OSError):
            file = Path(f"{database}{ending}")
            mode = file.stat().st_mode & 0o777
            if mode & OTHERS:
                # A group that can write keeps its permissions, because somebody granted them on purpose. A group that
                # can only read loses this permission, because it is only a default of the system.
                file.chmod(mode & (0o770 if mode & GROUP_MAY_WRITE else 0o700))


def check_private_files(**kwargs: Any) -> Sequence[CheckMessage]:
    """A Django system check: warns if all users of the machine can read `.env` or the SQLite file."""
    files = [settings.BASE_DIR / ".env"]
    if connection.vendor == "sqlite":
        database = Path(str(connection.settings_dict["NAME"]))
        # The first database connection also closes the file to others, but this check might run earlier.
        close_to_others(database)
        files.append(database)
    return [
        Warning(f"Every user of this machine can read {file}.", hint=f"chmod o= {file}", id="widgets.W001")
        for file in files
        if file.is_file() and file.stat().st_mode & OTHERS
    ]

"""Files that hold widgets' addresses or keys: nobody on this machine reads them but the user who runs MixCyfe."""

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
"""What SQLite writes beside its file, with the mode of the file itself."""


def create_private(file: Path) -> int:
    """An open file that was not there before; raises FileExistsError. No umask: that would be for the whole process,
    for files that others must read too, such as compiled modules.
    """
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)


def make_private(database: Path) -> None:
    """An SQLite file before SQLite opens it: made, or closed to others where an earlier release left it open."""
    try:
        os.close(create_private(database))
    except FileExistsError:
        close_database(database)
    except OSError:
        return  # SQLite says what is wrong, and with which file


def close_database(database: Path) -> None:
    for ending in BESIDE:
        # A file that can't be changed, because of its owner or a read-only disk, is named by the check below.
        with suppress(OSError):
            close_to_others(Path(f"{database}{ending}"))


def close_to_others(file: Path) -> None:
    mode = file.stat().st_mode & 0o777
    if mode & OTHERS:
        # A group that may write was let in on purpose; one that may only read came with everybody else.
        file.chmod(mode & (0o770 if mode & GROUP_MAY_WRITE else 0o700))


def check_private_files(**kwargs: Any) -> Sequence[CheckMessage]:
    """A check of Django's: every command names what others may read. `.env` may be another user's to change."""
    files = [settings.BASE_DIR / ".env"]
    if connection.vendor == "sqlite":
        database = Path(str(connection.settings_dict["NAME"]))
        close_database(database)  # Django runs checks in no fixed order: this one may come before the first connection
        files.append(database)
    return [
        Warning(f"Every user of this machine can read {file}.", hint=f"chmod o= {file}", id="widgets.W001")
        for file in files
        if file.is_file() and file.stat().st_mode & OTHERS
    ]

"""The folder in which this site's processes on this host keep their counts, and what is left of ended processes.

Each process maps a file of its own into its memory, and holds a lock on it while it lives. The files of ended processes
are added up in one file, so that counts never fall.
"""

import fcntl
import hashlib
import mmap
import os
import secrets
import stat
import tempfile
from array import array
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal

from django.conf import settings

NUMBER: Literal["Q"] = "Q"
BYTES = array(NUMBER).itemsize
ENDED = "ended"
"""The file with the counts of processes that have ended."""


def folder() -> Path:
    """Makes the folder if it is missing. Raises OSError where there can be none, or another user made it."""
    database = settings.DATABASES["default"]
    site = "\0".join(str(database.get(name, "")) for name in ("NAME", "HOST", "PORT"))
    name = hashlib.sha256(f"{settings.BASE_DIR}\0{site}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"mixcyfe-{os.getuid()}-{name}")
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{path} is no folder of this user alone")
    return path


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Holds the lock of this file, which is made if it is missing. Gives False if it is held and `wait` is False."""
    with path.open("ab") as file:
        yield lock(file, wait=wait)


def lock(file: BinaryIO, *, wait: bool) -> bool:
    """Locks the file until all copies of its descriptor are closed, which a process does by ending."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


class OwnFile:
    """The counts of this process: `numbers[place]`."""

    def __init__(self, path: Path, places: int) -> None:
        with locked(path / "lock"):  # or `add_up` takes the file for that of an ended process
            self.file = (path / f"{os.getpid()}-{secrets.token_hex(4)}.counts").open("xb+", buffering=0)
            lock(self.file, wait=True)
            # Raises OSError on a full disk. In a file with a hole, the first count would end the process (SIGBUS).
            self.file.write(bytes(places * BYTES))
        self.numbers = memoryview(mmap.mmap(self.file.fileno(), places * BYTES)).cast(NUMBER)


def counts(path: Path, places: int) -> list[int]:
    """The counts of all processes, also of those that have ended. Adds up the files of the latter."""
    with locked(path / "lock"):
        add_up(path, places)
        return total([path / ENDED, *path.glob("*.counts")], places)


def add_up(path: Path, places: int) -> None:
    """Moves the counts of ended processes into one file. The caller holds the folder's lock."""
    ended = [file for file in path.glob("*.counts") if has_ended(file)]
    if not ended:
        return
    new = path / f"{ENDED}.new"
    new.write_bytes(array(NUMBER, total([path / ENDED, *ended], places)).tobytes())
    new.replace(path / ENDED)
    for file in ended:
        file.unlink()


def has_ended(file: Path) -> bool:
    with file.open("rb") as opened:
        return lock(opened, wait=False)


def total(files: list[Path], places: int) -> list[int]:
    """A file of an older version may have fewer places."""
    found = [0] * places
    for file in files:
        with suppress(FileNotFoundError):
            content = file.read_bytes()
            numbers = array(NUMBER, content[: min(len(content) // BYTES, places) * BYTES])
            for place, number in enumerate(numbers):
                found[place] += number
    return found

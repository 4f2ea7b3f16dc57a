"""Stores the counts of polls in a folder that all of this site's processes on this host share.

Each process maps its own file into memory, and keeps the file locked until the process ends. Another file contains the
sums of the processes that have ended, so that the end of a process does not decrease the counts.
"""

import fcntl
import hashlib
import json
import mmap
import os
import secrets
import stat
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

from django.conf import settings

NUMBER: Literal["Q"] = "Q"
BYTES = array(NUMBER).itemsize
ENDED = "ended.json"
"""The file with the sums of the processes that have ended."""


def folder() -> Path:
    """Returns the folder, which it creates if needed. Raises OSError if that fails, or if other users have access."""
    database = settings.DATABASES["default"]
    site = "\0".join(str(database.get(name, "")) for name in ("NAME", "HOST", "PORT"))
    name = hashlib.sha256(f"{settings.BASE_DIR}\0{site}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"mixcyfe-{os.getuid()}-{name}")
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{path} must be a folder to which only this user has access")
    return path


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Locks this file inside the `with` block, and creates it if it is missing. Yields the result of `lock`."""
    with path.open("ab") as file:
        yield lock(file, wait=wait)


def lock(file: BinaryIO, *, wait: bool) -> bool:
    """Locks the file until all copies of its descriptor are closed. A process that ends closes its own copies.

    Without `wait`, returns False at once if another process has the lock.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


class OwnFile:
    """The file with the counts of this process. `numbers[place]`: the count of the outcome `polls.OUTCOMES[place]`."""

    def __init__(self, path: Path, places: int) -> None:
        with locked(path / "lock"):  # so that `add_up` does not mistake the new file for a file of an ended process
            self.file = (path / f"{os.getpid()}-{secrets.token_hex(4)}.counts").open("xb+", buffering=0)
            lock(self.file, wait=True)
            # Reserves the space on the disk, and raises OSError if the disk is full. Without the space, the first count
            # would kill the process (SIGBUS).
            self.file.write(bytes(places * BYTES))
        self.numbers = memoryview(mmap.mmap(self.file.fileno(), places * BYTES)).cast(NUMBER)


def counts(path: Path, places: int) -> list[int]:
    """Returns the sums of the counts of all processes, running and ended."""
    with locked(path / "lock"):
        return total(add_up(path, places), path.glob("*.counts"), places)


def add_up(path: Path, places: int) -> list[int]:
    """Moves the counts of ended processes into the file ENDED, and returns their sums. The caller holds the lock.

    ENDED also lists the files whose counts it includes. If a crash prevents the deletion of these files, the next call
    deletes them and does not add their counts again.
    """
    known = stored(path / ENDED)
    for name in known.get("files", ()):
        (path / name).unlink(missing_ok=True)
    before: list[int] = known.get("counts", [])
    ended = [file for file in path.glob("*.counts") if has_ended(file)]
    if not ended:
        return before
    found = total(before, ended, places)
    store(path / ENDED, {"counts": found, "files": [file.name for file in ended]})
    for file in ended:
        file.unlink()
    return found


def has_ended(file: Path) -> bool:
    with file.open("rb") as opened:
        return lock(opened, wait=False)


def total(before: list[int], files: Iterable[Path], places: int) -> list[int]:
    """Returns the sums of `before` and the counts in the files. Files of older versions may have fewer counts."""
    found = (before + [0] * places)[:places]
    for file in files:
        content = file.read_bytes()
        for place, number in enumerate(array(NUMBER, content[: min(len(content) // BYTES, places) * BYTES])):
            found[place] += number
    return found


def stored(file: Path) -> dict[str, Any]:
    """Returns the content of the file, or {} if the file is missing, or damaged by a crash of the machine."""
    try:
        found = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def store(file: Path, content: dict[str, Any]) -> None:
    """Replaces the file in one step, so that the file is complete even if this process ends during the call."""
    write(file, json.dumps(content).encode())


def write(file: Path, content: bytes) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(content)
    new.replace(file)

"""The folder in which this site's processes on this host keep their counts of polls.

Each process maps a file of its own into its memory, and keeps the file locked while it lives. The counts of ended
processes are added up in one file, so that counts never fall.
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
"""The file with the counts of processes that have ended."""


def folder() -> Path:
    """Makes the folder if it is missing. Raises OSError if it can't be made, or if other users may use it."""
    database = settings.DATABASES["default"]
    site = "\0".join(str(database.get(name, "")) for name in ("NAME", "HOST", "PORT"))
    name = hashlib.sha256(f"{settings.BASE_DIR}\0{site}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"mixcyfe-{os.getuid()}-{name}")
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{path} is not a folder that only this user may use")
    return path


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Locks this file, which is made if missing. Without `wait`, yields False if another process has the lock."""
    with path.open("ab") as file:
        yield lock(file, wait=wait)


def lock(file: BinaryIO, *, wait: bool) -> bool:
    """Locks the file until all copies of its descriptor are closed. A process that ends closes its copies."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


class OwnFile:
    """The counts of this process: `numbers[place]`."""

    def __init__(self, path: Path, places: int) -> None:
        with locked(path / "lock"):  # else `add_up` could take the new file for an ended process's file
            self.file = (path / f"{os.getpid()}-{secrets.token_hex(4)}.counts").open("xb+", buffering=0)
            lock(self.file, wait=True)
            # Raises OSError on a full disk. In a file with a hole, the first count would end the process (SIGBUS).
            self.file.write(bytes(places * BYTES))
        self.numbers = memoryview(mmap.mmap(self.file.fileno(), places * BYTES)).cast(NUMBER)


def counts(path: Path, places: int) -> list[int]:
    """The counts of all processes, running and ended. Adds up the files of the ended processes."""
    with locked(path / "lock"):
        return total(add_up(path, places), path.glob("*.counts"), places)


def add_up(path: Path, places: int) -> list[int]:
    """Moves the counts of ended processes into one file. The caller holds the folder's lock.

    The file also lists the files whose counts it includes: a crash may leave such files behind, and they must not count
    twice.
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
    """The sums of `before` and the files. Files and counts of older versions may have fewer places."""
    found = (before + [0] * places)[:places]
    for file in files:
        content = file.read_bytes()
        for place, number in enumerate(array(NUMBER, content[: min(len(content) // BYTES, places) * BYTES])):
            found[place] += number
    return found


def stored(file: Path) -> dict[str, Any]:
    """The content that `store` wrote; empty if there is no file, or if a crash of the machine left half of it."""
    try:
        found = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def store(file: Path, content: dict[str, Any]) -> None:
    """Writes the whole content, or nothing."""
    write(file, json.dumps(content).encode())


def write(file: Path, content: bytes) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(content)
    new.replace(file)

"""The folder in which this site's processes on this host keep their counts, and what is left of ended processes.

Each process counts in a file of its own (prometheus_client's multi-process mode), and holds a lock on another one while
it lives. The files of ended processes are added up in one file, so that counts never fall.
"""

import fcntl
import hashlib
import os
import stat
import struct
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from prometheus_client.mmap_dict import MmapedDict

ENDED = "counter_ended.db"
"""Holds the counts of processes that have ended."""


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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def hold(path: Path, name: str) -> int:
    """Marks the process `name` as alive, until the returned file descriptor is closed."""
    held = os.open(path / f"{name}.alive", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def is_alive(path: Path, name: str) -> bool:
    try:
        held = os.open(path / f"{name}.alive", os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(held)
    return False


def counts(path: Path) -> dict[str, float]:
    """Key → count of all processes, also of those that have ended. Adds up the files of the latter."""
    with locked(path / "lock"):
        add_up(path)
        found: Counter[str] = Counter()
        for file in path.glob("counter_*.db"):
            found.update(read(file))
    return dict(found)


def add_up(path: Path) -> None:
    """Moves the counts of ended processes into one file. The caller holds the folder's lock."""
    names = {file: file.stem.removeprefix("counter_") for file in path.glob("counter_*.db") if file.name != ENDED}
    ended = {file: name for file, name in names.items() if not is_alive(path, name)}
    if not ended:
        return
    total: Counter[str] = Counter()
    for file in (path / ENDED, *ended):
        total.update(read(file))
    new = path / "ended.new"
    new.unlink(missing_ok=True)
    written = MmapedDict(str(new))
    for key, value in total.items():
        written.write_value(key, value, 0)
    written.close()
    new.replace(path / ENDED)
    for file, name in ended.items():
        file.unlink()
        (path / f"{name}.alive").unlink(missing_ok=True)


def read(file: Path) -> dict[str, float]:
    """The counts in a file; none if it is missing or its process has only begun it."""
    try:
        return {key: value for key, value, *_ in MmapedDict.read_all_values_from_file(str(file))}
    except (FileNotFoundError, struct.error, RuntimeError, ValueError):
        return {}

"""Notices SQLite's changes: every poll runs `PRAGMA data_version`.

The value changes whenever another connection (of any process) has committed. So each thread has a connection that only
runs this PRAGMA (https://www.sqlite.org/pragma.html#pragma_data_version).
"""

import sqlite3
import threading
import time
from pathlib import Path

from widgets.poll.changes import Changes

LOOK_EVERY = 1
"""Seconds between two checks whether another file has replaced the database file."""


class SqliteChanges(Changes):
    """After each change, all rows count as changed, because SQLite does not name the changed rows."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self._threads = threading.local()
        self._identity: tuple[int, int] | None = None

    def latest(self) -> int | None:
        try:
            observer: Observer = self._threads.observer
        except AttributeError:
            self._identity = self._identity or identity(self._file)  # must be read before the file is opened
            observer = self._threads.observer = Observer(self._file)
        if time.monotonic() >= observer.look_at and not self._is_same_file(observer):
            return None
        version = observer.version()
        if version is None or version != observer.last_version:
            # A thread's first value counts as a change, because the thread does not know earlier changes.
            observer.last_version = version
            self.record()
        return None if version is None else self._latest

    def _is_same_file(self, observer: "Observer") -> bool:
        """False if another file has replaced the database file. Then Django might still have the old file open."""
        found = identity(self._file)
        if found is None or found != self._identity:
            return False
        observer.look_at = time.monotonic() + LOOK_EVERY
        return True


class Observer:
    """A thread's connection for the PRAGMA. It never writes, because the PRAGMA ignores its connection's commits."""

    def __init__(self, file: Path) -> None:
        self.look_at = 0.0
        self.last_version: tuple[int] | None = None
        self._address = f"{file.absolute().as_uri()}?mode=ro"
        self._cursor: sqlite3.Cursor | None = None

    def version(self) -> tuple[int] | None:
        """Returns None if the file is locked (`SQLITE_JOURNAL=delete`) or can't be opened, or if the disk is full."""
        try:
            if self._cursor is None:
                link = sqlite3.connect(self._address, uri=True, timeout=0, isolation_level=None)
                self._cursor = link.cursor()
            found: tuple[int] = self._cursor.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return found


def identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino

"""Gives a number to every database change that this process learns of, so that the page cache finds outdated pages.

A page stores the number of the newest change before its data was read. If a row that the page shows has a change with a
higher number, the page is outdated.
"""

import threading
from collections.abc import Iterable

MAX_NAMES = 50_000
"""The maximum number of names in memory, about 5 MB. With more, all names are dropped: every row counts as changed."""


class Changes:
    """The changes of one process. A subclass learns of them from the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = 0
        self._everything_at = 0
        self._changed_at: dict[str, int] = {}

    def latest(self) -> int | None:
        """The number of the newest change. None if this process may have missed one: polls then read the database."""
        return None

    def record(self, name: str | None = None) -> None:
        """Records that a row has changed. Without a name: every row may have changed."""
        with self._lock:
            self._latest += 1
            if name is not None:
                self._changed_at[name] = self._latest
            if name is None or len(self._changed_at) > MAX_NAMES:
                self._everything_at = self._latest
                self._changed_at = {}  # a new dict, because another thread may be reading the old one

    def none_since(self, number: int, names: Iterable[str]) -> bool:
        """Whether none of these rows has changed since the change with this number."""
        changed_at = self._changed_at  # read first, because `record` writes it last
        if number < self._everything_at:
            return False
        if changed_at:
            for name in names:
                if changed_at.get(name, 0) > number:
                    return False
        return True

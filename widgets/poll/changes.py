"""Gives numbers to the database changes that this process notices. With them, the page cache finds outdated pages.

A cached page stores the number of the newest change before its data was read. If a change of one of its rows has a
higher number, the page is outdated.
"""

import threading
from collections.abc import Iterable

MAX_NAMES = 50_000
"""The maximum number of row names in memory (about 5 MB). With more names, every row counts as changed."""


class Changes:
    """The changes that one process knows. A row's name is a letter for the table and the row's id, such as "w12"."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = 0
        self._everything_at = 0
        self._changed_at: dict[str, int] = {}

    def latest(self) -> int | None:
        """The number of the newest change; None if this process might have missed one. Then polls read the database."""
        return None

    def record(self, name: str | None = None) -> None:
        """Records a change of the row with this name. None: every row might have changed."""
        with self._lock:
            self._latest += 1
            if name is not None:
                self._changed_at[name] = self._latest
            if name is None or len(self._changed_at) > MAX_NAMES:
                self._everything_at = self._latest
                self._changed_at = {}  # a new dict, because another thread may be reading the old dict

    def none_since(self, number: int, names: Iterable[str]) -> bool:
        """Whether no row with one of these names has changed since the change with this number."""
        changed_at = self._changed_at  # read before `_everything_at`, because `record` writes it later
        if number < self._everything_at:
            return False
        return not changed_at or all(changed_at.get(name, 0) <= number for name in names)

"""Numbers the changes of the database that this process has heard of, so that kept pages know whether they still hold.

A page keeps the number of the newest change from before its data was read. It holds while everything that it shows has
changed under no higher number.
"""

import threading
from collections.abc import Iterable

MAX_NAMES = 50_000
"""Names of changed rows that are kept, about 5 MB. After that, everything counts as changed once."""


class Changes:
    """The changes of one process. A subclass hears of them from the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest = 0
        self._everything_at = 0
        self._changed_at: dict[str, int] = {}

    def latest(self) -> int | None:
        """The number of the newest change; None if this process may have missed one, so that polls must read."""
        return None

    def record(self, name: str | None = None) -> None:
        """A row changed; without its name, everything may have."""
        with self._lock:
            self._latest += 1
            if name is not None:
                self._changed_at[name] = self._latest
            if name is None or len(self._changed_at) > MAX_NAMES:
                self._everything_at = self._latest
                self._changed_at = {}  # not emptied: another thread may be reading it

    def none_since(self, number: int, names: Iterable[str]) -> bool:
        """Whether none of these rows has changed since the change with this number."""
        changed_at = self._changed_at  # before the line below: `record` writes them the other way round
        if number < self._everything_at:
            return False
        if changed_at:
            for name in names:
                if changed_at.get(name, 0) > number:
                    return False
        return True

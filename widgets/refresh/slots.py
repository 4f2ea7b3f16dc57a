"""Limits the number of threads of this process that wait for Mixpanel at once. The other threads answer requests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings


class Slots:
    """A counter with a limit. A thread that gets no slot does not wait for Mixpanel: it answers at once."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def acquire(self) -> Iterator[bool]:
        """Takes a slot until the end of the `with` block. Yields True if a slot was free, else False."""
        with self._lock:
            has_slot = self._taken < self._limit()
            self._taken += has_slot
        try:
            yield has_slot
        finally:
            with self._lock:
                self._taken -= has_slot


polls = Slots(lambda: settings.WAITING_POLLS)
people = Slots(lambda: max(1, settings.WAITING_POLLS // 2))
"""The slots for previews, pickers and connection tests. They are separate, so that polls never block people."""

"""Limits how many of this process's answering threads wait for Mixpanel, so that the others can answer requests."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings


class Slots:
    """A counter with a limit. A thread that gets no slot answers at once."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def acquire(self) -> Iterator[bool]:
        """Takes a slot for the `with` block. Yields whether a slot was free."""
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
"""The slots for calls that people wait for, such as previews. Polls have other slots, so they can't block people."""

"""How many threads of this process may wait for Mixpanel at once, so that the others go on answering."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings


class Slots:
    """A counter with a limit. Nobody queues for a slot: whoever gets none answers at once."""

    def __init__(self, limit: Callable[[], int]) -> None:
        self._limit = limit
        self._taken = 0
        self._lock = threading.Lock()

    @contextmanager
    def take(self) -> Iterator[bool]:
        """Whether there was a slot; it is free again after the `with`."""
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
"""Previews, pickers and connection tests have slots of their own: polls can't keep people from working."""

"""How often one thing may be logged: what every poll would say is said once in a while, per process."""

import threading
import time

MOST_CAUSES = 1000
_said: dict[str, float] = {}
_lock = threading.Lock()


def once_per(seconds: float, cause: str) -> bool:
    """Whether `cause` has not been told for so long; it counts as told now."""
    now = time.monotonic()
    with _lock:
        if cause in _said and now - _said[cause] < seconds:
            return False
        if len(_said) >= MOST_CAUSES:
            _said.clear()
        _said[cause] = now
        return True

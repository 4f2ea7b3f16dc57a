"""Limits how often one process logs the same cause, because each poll would log it again."""

import threading
import time

MAX_CAUSES = 1000
_logged_at: dict[str, float] = {}
_lock = threading.Lock()


def once_per(seconds: float, cause: str) -> bool:
    """Whether `cause` may be logged: its last line is at least `seconds` old. A yes counts as logged now."""
    now = time.monotonic()
    with _lock:
        if cause in _logged_at and now - _logged_at[cause] < seconds:
            return False
        if len(_logged_at) >= MAX_CAUSES:
            _logged_at.clear()
        _logged_at[cause] = now
        return True

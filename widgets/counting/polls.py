"""Counts the polls of this process by outcome, if METRICS_TOKEN is set. A count takes about a microsecond."""

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger(__name__)

FRESH, STALE, WAITED, NOT_MODIFIED = "fresh", "stale", "waited", "not_modified"
NOT_FOUND, NOT_ALLOWED, UNAVAILABLE, BROKEN = "not_found", "not_allowed", "unavailable", "broken"
OUTCOMES = {
    FRESH: "fresh data",
    NOT_MODIFIED: "304: the poller has the fresh data already",
    STALE: "old data, which is refreshed behind the answer",
    WAITED: "new data that the poll waited for",
    UNAVAILABLE: "503: there is no data",
    NOT_FOUND: "404",
    NOT_ALLOWED: "405",
    BROKEN: "503: an error in MixCyfe",
}
BY_STATUS = {200: FRESH, 304: NOT_MODIFIED, 404: NOT_FOUND, 405: NOT_ALLOWED, 503: UNAVAILABLE}
NAME = "mixcyfe_polls"
ABOUT = "Polls of widgets' addresses on this host, by outcome."

Count = Callable[[], None]
lock = threading.Lock()
begun: dict[str, Count] | None = None


class Process:
    """The name of this process in the names of its files. A forked process gets a name of its own."""

    def __init__(self, path: "Path") -> None:
        self.path, self.pid, self.held, self.name = path, 0, -1, ""

    def __call__(self) -> str:
        if self.pid != os.getpid():
            from widgets.counting.folder import hold

            if self.held >= 0:
                os.close(self.held)
            name = f"{os.getpid()}-{secrets.token_hex(4)}"
            self.held = hold(self.path, name)
            self.pid, self.name = os.getpid(), name
        return self.name


def counters() -> dict[str, Count]:
    """Outcome → the function that counts one poll; empty if nothing is counted.

    It begins with the first poll of a process, and so after a server has forked.
    """
    global begun  # noqa: PLW0603 - one per process
    if begun is None:
        with lock:
            if begun is None:
                begun = begin() if settings.METRICS_TOKEN else {}
    return begun


def begin() -> dict[str, Count]:
    from widgets.counting.folder import folder

    try:
        path = folder()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(path)
        from prometheus_client import Counter, values

        values.ValueClass = values.MultiProcessValue(Process(path))
        counter = Counter(NAME, ABOUT, ["outcome"], registry=None)
        return {outcome: counter.labels(outcome).inc for outcome in OUTCOMES}
    except OSError as error:
        logger.warning("polls are not counted for /metrics: no folder for temporary files (%s)", error)
        return {}


def outcome_of(status: int, cache_status: str) -> str:
    """`cache_status`: the answer's header Cache-Status."""
    if status in (200, 304) and "fwd=miss" in cache_status:
        return WAITED
    if status in (200, 304) and "ttl=-" in cache_status:
        return STALE
    return BY_STATUS.get(status, BROKEN)


def count(outcome: str) -> None:
    if add := counters().get(outcome):
        add()


def counted() -> dict[str, float]:
    """Outcome → polls of all processes on this host. Raises OSError where there is no folder."""
    from widgets.counting.folder import counts, folder

    found = dict.fromkeys(OUTCOMES, 0.0)
    for key, value in counts(folder()).items():
        name, _, labels, _ = json.loads(key)
        if name == NAME and labels.get("outcome") in found:
            found[labels["outcome"]] += value
    return found

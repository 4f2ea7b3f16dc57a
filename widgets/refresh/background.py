"""Refreshes stale snapshots (stored results of queries) in a few threads of this web process (`TASKS=inline`).

With `TASKS=celery`, `queue.py` is used instead.
"""

import logging
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections

from widgets import request_id
from widgets.models.call import Purpose
from widgets.refresh.answering import without_time_limit
from widgets.refresh.quota import Refusal
from widgets.refresh.run import RefreshOutcome, refresh

logger = logging.getLogger(__name__)

SLOW_SECONDS = 1
"""`ForegroundRefresher` pauses after a refresh that took longer than this."""

MAX_QUEUED = 1000
"""The maximum number of entries in the queue. When the queue is full, a later poll tries again."""

THREADS = "refresh"
"""The names of the threads begin with this word."""

SWITCH_SECONDS = 0.0005
"""Python's thread switch interval: while a refresh computes, a poll waits at most about this long for Python's lock.

At 100 polls per second, the slowest poll took 5.4 ms with this value, and 7.7 ms with Python's default of 5 ms
(`benchmarks/steadily.py`).
"""


def threads() -> int:
    """The maximum number of refresh threads: REFRESH_THREADS, or 0 if uWSGI runs without thread support."""
    try:
        import uwsgi
    except ImportError:
        return int(settings.REFRESH_THREADS)
    return int(settings.REFRESH_THREADS) if {"enable-threads", "threads"} & set(uwsgi.opt) else 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One refresh in the queue. `request_id`: the id of the poll's HTTP request. `ended`: the future of the outcome.

    `expected_fetched_at`: the snapshot's `fetched_at` when the poll read the snapshot.
    """

    project_id: int
    expected_fetched_at: datetime | None
    request_id: str = field(default_factory=request_id.current)
    ended: Future[RefreshOutcome | Refusal] = field(default_factory=Future)


class BackgroundRefresher:
    """A queue with one entry per snapshot, and the threads that refresh the queued snapshots.

    The threads start with the first queued refresh. By then, the server has forked its processes. When the process
    stops, Python starts no more refreshes and waits for the running ones (up to `MIXPANEL_TIMEOUT` per query).
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: dict[int, Entry] = {}
        self._running: dict[int, Entry] = {}
        self._workers = 0
        self._pool: ThreadPoolExecutor | None = None

    def hand_over(
        self, snapshot_id: int, project_id: int, expected_fetched_at: datetime | None
    ) -> Future[RefreshOutcome | Refusal]:
        """Queues a refresh of the snapshot, unless one is queued, or a running one has the same `expected_fetched_at`.

        Returns the future of the outcome. The future is cancelled if the queue is full, if the process is stopping, or
        if the refresh raises an exception.
        """
        with self._lock:
            running, queued = self._running.get(snapshot_id), self._queue.get(snapshot_id)
            # If the two times differ, newer data was stored meanwhile, and the running refresh will not store more.
            if running is not None and running.expected_fetched_at == expected_fetched_at:
                return running.ended
            if queued is not None:
                return queued.ended
            entry = Entry(project_id, expected_fetched_at)
            if len(self._queue) >= MAX_QUEUED:
                entry.ended.cancel()
                return entry.ended
            self._queue[snapshot_id] = entry
            if self._workers < threads() and self._next() is not None:
                self._workers += 1
                self._start_worker()
            return entry.ended

    def state(self) -> dict[str, int]:
        with self._lock:
            running, queued = len(self._running), len(self._queue)
        alive = sum(thread.name.startswith(f"{THREADS}_") for thread in threading.enumerate())
        return {"threads": alive, "of": threads(), "running": running, "queued": queued}

    def _start_worker(self) -> None:
        """Gives the pool the task `_work`. The caller holds `_lock`."""
        if self._pool is None:
            sys.setswitchinterval(SWITCH_SECONDS)
            self._pool = ThreadPoolExecutor(threads(), thread_name_prefix=THREADS)
        try:
            self._pool.submit(self._work)
        except RuntimeError:  # the process is stopping
            self._workers -= 1
            for entry in self._queue.values():
                entry.ended.cancel()
            self._queue.clear()

    def _work(self) -> None:
        """Refreshes one entry. The next entry is a new task, which the pool refuses when the process is stopping."""
        with self._lock:
            snapshot_id = self._next()
            if snapshot_id is None:
                self._workers -= 1
                return
            entry = self._running[snapshot_id] = self._queue.pop(snapshot_id)
        try:
            with request_id.carried(entry.request_id):
                self._refresh(snapshot_id, entry)
        finally:
            with self._lock:
                del self._running[snapshot_id]
                if self._next() is not None:
                    self._start_worker()
                else:
                    self._workers -= 1

    @staticmethod
    def _refresh(snapshot_id: int, entry: Entry) -> None:
        try:
            close_old_connections()
            by_priority = entry.expected_fetched_at is not None
            entry.ended.set_result(
                refresh(
                    snapshot_id,
                    expected_fetched_at=entry.expected_fetched_at,
                    purpose=Purpose.POLL,
                    by_priority=by_priority,
                )
            )
        except Exception:
            logger.exception("a refresh in the background failed")
            entry.ended.cancel()

    def _next(self) -> int | None:
        """Returns the id of the next snapshot to refresh, or None if no refresh may start now.

        Chooses the oldest entry of the project with the fewest running refreshes, so that no project delays another
        project. For the same reason, one project never uses all threads, unless there is only one thread.
        """
        busy = Counter(entry.project_id for entry in self._running.values())
        startable = (pk for pk in self._queue if pk not in self._running)
        snapshot_id = min(startable, key=lambda pk: busy[self._queue[pk].project_id], default=None)
        if snapshot_id is None or busy[self._queue[snapshot_id].project_id] >= max(1, threads() - 1):
            return None
        return snapshot_id


class ForegroundRefresher:
    """Refreshes without background threads: the thread that answered a poll refreshes after the response.

    The process might have no other thread. So after a slow refresh, the process only answers polls for as long as
    that refresh took.
    """

    def __init__(self) -> None:
        self._resting_until = 0.0

    def is_resting(self) -> bool:
        return time.monotonic() < self._resting_until

    def refresh(self, snapshot_id: int, expected_fetched_at: datetime | None) -> None:
        started = time.monotonic()
        with without_time_limit():
            refresh(snapshot_id, expected_fetched_at=expected_fetched_at, purpose=Purpose.POLL, by_priority=True)
        took = time.monotonic() - started
        if took > SLOW_SECONDS:
            self._resting_until = time.monotonic() + took


refresher = BackgroundRefresher()
without_threads = ForegroundRefresher()


def _reset_after_fork() -> None:
    """A forked process needs a new refresher, because it has none of its parent's threads."""
    global refresher  # noqa: PLW0603 - one per process
    refresher = BackgroundRefresher()


os.register_at_fork(after_in_child=_reset_after_fork)

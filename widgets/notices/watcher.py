"""In each long-running process, a thread writes and sends notices. No poll and no refresh waits for this thread.

A request or refresh starts the thread, because by then the server has forked its processes. Commands call
`delivery.run` instead.
"""

import logging
import os
import threading
import time
from typing import Any

from django.core.signals import request_finished
from django.db import connections

from widgets.notices.delivery import run
from widgets.refresh import background
from widgets.refresh.gateway import recorded

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 60
"""The time between two checks of all projects. Checks after refreshes are not enough: data can become stale without
a refresh, messages wait for their next try, and other processes refresh data, too."""

PAUSE_SECONDS = 1
"""The wait before each check, so that one message names all widgets that fail at the same time."""


SERVER_WAITS_SECONDS = 5
"""The minimum age of a server process when the thread starts: granian can miss a stop signal if another thread is busy
while the main thread begins to wait for signals."""


class Watcher:
    def __init__(self) -> None:
        self._born_at = time.monotonic()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._news = threading.Event()
        self._projects: set[int] = set()

    def start(self) -> None:
        """Starts the thread if it does not run yet. Must be fast, because every request calls this method.

        Does nothing in a young server process (SERVER_WAITS_SECONDS), or in a server without threads.
        """
        if self._thread is None and (
            in_worker or (time.monotonic() >= self._born_at + SERVER_WAITS_SECONDS and background.threads())
        ):
            with self._lock:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._watch, name="notices", daemon=True)
                    self._thread.start()

    def wake(self, project_id: int) -> None:
        """Makes the thread check the project soon, after a call to Mixpanel has succeeded or failed."""
        with self._lock:
            self._projects.add(project_id)
        self.start()
        self._news.set()

    def _watch(self) -> None:
        look_at_all = 0.0
        while True:
            with self._lock:
                only, self._projects = self._projects, set()
            is_time = time.monotonic() >= look_at_all
            if is_time:
                look_at_all = time.monotonic() + LOOK_EVERY_SECONDS
            try:
                run(None if is_time else only)
            except Exception:
                logger.exception("the projects could not be checked for problems, or notices could not be sent")
            finally:
                connections.close_all()
            self._news.wait(max(0, look_at_all - time.monotonic()))
            self._news.clear()
            time.sleep(PAUSE_SECONDS)


watcher = Watcher()
in_worker = False


def attach(*, is_worker: bool = False) -> None:
    """Makes this worker or server write and send notices from now on. Without threads, a server sends none."""
    global in_worker  # noqa: PLW0603 - one per process
    in_worker = is_worker
    request_finished.connect(start, dispatch_uid="widgets.notices.start")
    recorded.connect(wake, dispatch_uid="widgets.notices.wake")


def start(**_: Any) -> None:
    watcher.start()


def wake(project_id: int, **_: Any) -> None:
    watcher.wake(project_id)


def _reset_after_fork() -> None:
    """A forked process has none of its parent's threads."""
    global watcher  # noqa: PLW0603 - one per process
    watcher = Watcher()


os.register_at_fork(after_in_child=_reset_after_fork)

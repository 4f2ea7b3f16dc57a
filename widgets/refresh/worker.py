"""The Celery application and its only task: the refresh of a snapshot. Used with `TASKS=celery` only."""

import contextlib
import time
from datetime import datetime
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError

from widgets import request_id
from widgets.models.call import Purpose
from widgets.refresh.queue import keep_queued
from widgets.refresh.quota import Refusal
from widgets.refresh.run import refresh

app = Celery("mixcyfe")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,  # polls replace a lost task
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={"socket_timeout": 2, "socket_connect_timeout": 2, "max_retries": 0},
    broker_pool_limit=None,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
)
RETRY_SECONDS = 0.5
MAX_TRIES = 60
REQUEST = "mixcyfe_request_id"
"""The name of the task header with the id of the request that queued the task."""


@app.task(name="refresh")  # type: ignore[untyped-decorator]
def refresh_task(snapshot_id: int, expected_fetched_at: str | None, tries: int = 1) -> None:
    """Refreshes one snapshot. Does nothing if newer data than `expected_fetched_at` is stored already.

    The task has no expiry and no start time, because hosts' clocks differ.
    """
    with request_id.carried((refresh_task.request.headers or {}).get(REQUEST, "")):
        known = datetime.fromisoformat(expected_fetched_at) if expected_fetched_at else None
        outcome = refresh(
            snapshot_id, expected_fetched_at=known, purpose=Purpose.WORKER, by_priority=expected_fetched_at is not None
        )
        if outcome is Refusal.CONCURRENT_LIMIT and tries < MAX_TRIES:
            # Put the task at the end of the queue, so that tasks of other projects run first. If the broker can't be
            # reached, a later poll queues the task again.
            time.sleep(RETRY_SECONDS)
            if not keep_queued(snapshot_id):
                return
            with contextlib.suppress(ConnectionError):
                send_refresh(snapshot_id, known, tries + 1)


def queued() -> int:
    """The number of tasks that no worker has taken yet. Raises ConnectionError if the broker can't be reached."""
    link = app.connection_for_read()
    lost = (KombuError, OSError, *link.recoverable_connection_errors)
    try:
        with link:
            try:
                return int(link.default_channel.queue_declare(app.conf.task_default_queue, passive=True).message_count)
            except link.channel_errors:  # the queue does not exist before the first task
                return 0
    except lost as error:
        name = type(error).__name__
    raise ConnectionError(name)


def send_refresh(snapshot_id: int, expected_fetched_at: datetime | None, tries: int = 1) -> Any:
    """Queues the task. Raises ConnectionError after one try if the broker can't be reached."""
    lost = (KombuError, OSError, *app.connection_for_write().recoverable_connection_errors)
    try:
        return refresh_task.apply_async(
            (snapshot_id, expected_fetched_at.isoformat() if expected_fetched_at else None, tries),
            headers={REQUEST: request_id.current()},
            retry=False,
        )
    except lost as error:
        # The message might contain the broker's password, so the ConnectionError names only the error's class.
        name = type(error).__name__
    raise ConnectionError(name)

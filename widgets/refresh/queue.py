"""Queues refreshes for Celery workers (`TASKS=celery`). This module can also be imported without Celery."""

import logging
import time
from datetime import datetime, timedelta

from django.db.models import Q

from widgets.models import Snapshot
from widgets.refresh.clock import database_now

logger = logging.getLogger(__name__)

QUEUE_TIMEOUT = timedelta(seconds=30)
"""A task that has not begun after this time might be lost, so the next poll queues another task."""

BROKER_RETRY_SECONDS = 5
"""A process that can't reach the broker tries again after this time, because each try costs time."""

broker_retry_at = 0.0


def enqueue(snapshot_id: int, expected_fetched_at: datetime | None) -> bool:
    """Queues a refresh, unless one was queued in the last QUEUE_TIMEOUT.

    Returns False if the broker can't be reached, or could not be reached in the last BROKER_RETRY_SECONDS.
    """
    global broker_retry_at  # noqa: PLW0603 - one per process
    if time.monotonic() < broker_retry_at:
        return False
    now = database_now()
    free = Q(queued_at=None) | Q(queued_at__lt=now - QUEUE_TIMEOUT)
    if not Snapshot.objects.filter(free, pk=snapshot_id).update(queued_at=now):
        return True
    from widgets.refresh.worker import send_refresh

    try:
        send_refresh(snapshot_id, expected_fetched_at)
    except ConnectionError as error:
        broker_retry_at = time.monotonic() + BROKER_RETRY_SECONDS
        logger.error("broker lost, refresh of snapshot %s not queued: %s", snapshot_id, error)  # noqa: TRY400 - one line
        Snapshot.objects.filter(pk=snapshot_id, queued_at=now).update(queued_at=None)
        return False
    return True


def keep_queued(snapshot_id: int) -> bool:
    """Sets the snapshot's `queued_at` to now, so that polls queue no second task.

    Returns False if the task is no longer needed, because another refresh of the snapshot has ended.
    """
    queued = Snapshot.objects.filter(pk=snapshot_id, queued_at__isnull=False)
    return bool(queued.update(queued_at=database_now()))


def may_queue(queued_at: datetime | None, now: datetime) -> bool:
    """Whether no task was queued in the last QUEUE_TIMEOUT.

    `now` is the host's time and might be wrong, so `enqueue` checks again by the database's time.
    """
    return queued_at is None or abs(now - queued_at) > QUEUE_TIMEOUT

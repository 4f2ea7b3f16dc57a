"""Refreshing on Celery workers (`TASKS=celery`). Needs nothing of Celery while TASKS is `inline`."""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from widgets.models import Snapshot
from widgets.refresh.clock import database_now

logger = logging.getLogger(__name__)

QUEUED_FOR = timedelta(seconds=30)
"""A task that was queued so long ago and has not begun may be lost: the next poll queues another."""

LEFT_ALONE = 5
"""Seconds for which a lost broker is not tried again: each try costs time, and a line in the log."""

silent_until = 0.0


def enqueue(snapshot_id: int, expected_fetched_at: datetime | None) -> bool:
    """Queues one refresh, unless one is queued already. False when the broker can't be reached.

    A lost broker never fails a poll: the next poll tries again.
    """
    global silent_until  # noqa: PLW0603 - what this process knows of the broker
    if time.monotonic() < silent_until:
        return False
    now = database_now()
    free = Q(queued_at=None) | Q(queued_at__lt=now - QUEUED_FOR)
    if not Snapshot.objects.filter(free, pk=snapshot_id).update(queued_at=now):
        return True
    from widgets.refresh.worker import send_refresh

    try:
        send_refresh(snapshot_id, expected_fetched_at)
    except ConnectionError as error:
        silent_until = time.monotonic() + LEFT_ALONE
        logger.error("broker lost, refresh of snapshot %s not queued: %s", snapshot_id, error)  # noqa: TRY400 - one line
        Snapshot.objects.filter(pk=snapshot_id, queued_at=now).update(queued_at=None)
        return False
    return True


def keep_queued(snapshot_id: int) -> bool:
    """A task that goes to the queue's end is still the one of its snapshot, so that polls queue no second one.

    False when somebody has refreshed it meanwhile, or has tried to: then the task is over.
    """
    queued = Snapshot.objects.filter(pk=snapshot_id, queued_at__isnull=False)
    return bool(queued.update(queued_at=database_now()))


def may_queue(queued_at: datetime | None, now: datetime) -> bool:
    """Whether `enqueue` is worth a try. `now` may be of a host whose clock is off: the database decides there."""
    return settings.TASKS == "celery" and (queued_at is None or abs(now - queued_at) > QUEUED_FOR)

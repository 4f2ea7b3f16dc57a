"""`manage.py clean_up`, for a daily timer: removes old rows, and prints their numbers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.base import BaseCommand
from django.db.models import QuerySet
from django.utils import timezone

from widgets.accounts import failed_logins
from widgets.refresh import pruning
from widgets.refresh.clock import database_now

BATCH = 1000
"""Rows per transaction. With SQLite, all other writers wait for the transaction."""


def sessions() -> int:
    return remove(Session.objects.filter(expire_date__lt=timezone.now()))


def logins() -> int:
    return remove(AccessLog.objects.filter(attempt_time__lt=timezone.now() - failed_logins.KEEPS))


def failures() -> int:
    return remove(AccessFailureLog.objects.filter(attempt_time__lt=timezone.now() - failed_logins.KEEPS))


def counters() -> int:
    cool_off = timedelta(hours=settings.AXES_COOLOFF_TIME)
    return remove(AccessAttempt.objects.filter(attempt_time__lt=timezone.now() - cool_off))


def remove(rows: QuerySet[Any]) -> int:
    """Deletes the rows in batches. Returns their number."""
    removed = 0
    while batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        removed += len(batch)
    return removed


STEPS: dict[str, Callable[[], int]] = {
    "ended sessions": sessions,
    "records of logins": logins,
    "records of failed logins": failures,
    "counters of failed logins": counters,
}
"""Name of the rows → the function that removes them and returns their number. `pruning` removes other rows."""


class Command(BaseCommand):
    help = "Removes ended sessions, old records of logins and calls, and unused data. Run it daily."

    def handle(self, *args: Any, **options: Any) -> None:
        for what, step in STEPS.items():
            self.stdout.write(f"removed {step()} {what}")
        for what, count in pruning.prune(database_now()).items():
            self.stdout.write(f"removed {count} {what}")

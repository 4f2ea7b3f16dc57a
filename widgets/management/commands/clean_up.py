"""`manage.py clean_up` removes old rows from the database, and prints how many. A timer should run it daily.

It also sends the notices that are due, because some sites have no watcher thread (`notices.watcher`).
"""

from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import QuerySet
from django.utils import timezone

from widgets.accounts.audit_log import record
from widgets.models import Action, AuditEntry, Session
from widgets.notices import delivery
from widgets.refresh import pruning
from widgets.refresh.clock import database_now

BATCH = 1000
"""Rows per transaction. On SQLite, all other writers wait for the transaction."""


def old_rows(now: datetime) -> dict[str, QuerySet[Any]]:
    """The rows to remove, by the name that the command prints. `pruning.prune` removes all other old rows."""
    cool_off = timedelta(hours=settings.AXES_COOLOFF_TIME)
    return {
        "ended sessions": Session.objects.filter(expire_date__lt=now),
        "entries of the audit log": AuditEntry.objects.removable(now),
        "counters of failed logins": AccessAttempt.objects.filter(attempt_time__lt=now - cool_off),
    }


def remove(rows: QuerySet[Any]) -> int:
    """Deletes the rows in batches. Returns the number of rows."""
    removed = 0
    while batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model._default_manager.filter(pk__in=batch).delete()
        removed += len(batch)
    return removed


class Command(BaseCommand):
    help = (
        "Removes ended sessions, old log entries and unused data from the database, and sends notices that are due. "
        "Run this command daily."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for kind, rows in old_rows(timezone.now()).items():
            removed = remove(rows)
            self.stdout.write(f"removed {removed} {kind}")
            if removed and rows.model is AuditEntry:
                record(Action.CLEANED_UP, details=f"Removed {removed} old {kind}.")
        for kind, count in pruning.prune(database_now()).items():
            self.stdout.write(f"removed {count} {kind}")
        delivery.run()

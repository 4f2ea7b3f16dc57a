"""Checks that the timers run: looks for rows that should have been removed, and data that should be fresh."""

from collections.abc import Iterator
from datetime import timedelta

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q

from widgets.management.doctor.finding import Finding, count, fix, ok
from widgets.models import AuditEntry, Session, Snapshot
from widgets.models.audit_entry import KEEPS
from widgets.refresh.clock import database_now

GRACE = timedelta(days=2)
"""`clean_up` runs daily, and may be late by a day."""

POLLED = timedelta(hours=2)
"""A widget's `last_polled_at` is stored about once per hour."""

LATE = timedelta(hours=3)


def timers() -> Iterator[Finding]:
    before = database_now() - GRACE
    left = (
        Session.objects.filter(expire_date__lt=before),
        AuditEntry.objects.filter(at__lt=before - KEEPS),
        AccessAttempt.objects.filter(attempt_time__lt=before - timedelta(hours=settings.AXES_COOLOFF_TIME)),
    )
    if old := sum(rows.count() for rows in left):
        yield fix(
            "timers",
            f"{count(old, 'row')} should have been removed by clean_up two days ago, so it has not run since: run "
            "manage.py clean_up daily (deploy/systemd/mixcyfe-clean-up.timer).",
        )
    else:
        yield ok("timers", "clean_up has left nothing behind in the last two days.")


def freshness() -> Iterator[Finding]:
    """Finds data that Cyfe polls and that is hours overdue, although no error or limit delays its refresh."""
    now = database_now()
    free = Q(retry_at=None) | Q(retry_at__lt=now - LATE)
    project_free = Q(project__backoff_until=None) | Q(project__backoff_until__lt=now - LATE)
    late = (
        Snapshot.objects.filter(free, project_free, due_at__lt=now - LATE)
        .filter(widgets__active=True, widgets__last_polled_at__gt=now - POLLED)
        .filter(Q(project__full_until=None) | Q(project__full_until__lt=now))
        .distinct()
        .count()
    )
    if late:
        who = "the workers run" if settings.TASKS == "celery" else "REFRESH_THREADS is not 0, or a timer runs"
        yield fix(
            "freshness",
            f"{count(late, 'query', 'queries')} that Cyfe polls should have been asked again 3 hours ago, and nothing "
            f"holds them back: make sure that {who} (manage.py refresh_widgets).",
        )
    else:
        yield ok("freshness", "no polled data is hours late without a reason.")

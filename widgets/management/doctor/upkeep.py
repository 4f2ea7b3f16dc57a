"""Looks for rows that `clean_up` should have removed, and for data that should have been refreshed."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from widgets.management.commands.clean_up import old_rows
from widgets.management.doctor.finding import Finding, count, fix, ok
from widgets.models import Snapshot
from widgets.refresh.clock import database_now

GRACE = timedelta(days=2)
"""`timers` reports a late `clean_up` only after this time, because a daily run can be a day late."""

POLLED = timedelta(hours=2)
"""A widget counts as polled for this long after its `last_polled_at`, which is stored about once per hour."""

LATE = timedelta(hours=3)


def timers() -> Iterator[Finding]:
    if old := sum(rows.count() for rows in old_rows(database_now() - GRACE).values()):
        yield fix(
            "timers",
            f"{count(old, 'row')} should have been removed by clean_up at least two days ago: run manage.py clean_up "
            "daily (see deploy/systemd/mixcyfe-clean-up.timer).",
        )
    else:
        yield ok("timers", "clean_up has run within the last two days, or had nothing to remove.")


def freshness() -> Iterator[Finding]:
    """Looks for polled data that is hours overdue, although no error and no limit delays the refresh."""
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
        inline = "set REFRESH_THREADS to more than 0, or let a timer run manage.py refresh_widgets"
        repair = "make sure that the Celery workers run" if settings.TASKS == "celery" else inline
        yield fix(
            "freshness",
            f"{count(late, 'query', 'queries')} of polled widgets should have been refreshed over 3 hours ago, and "
            f"neither errors nor limits delay the refresh: {repair}.",
        )
    else:
        yield ok(
            "freshness",
            "all polled data is less than 3 hours overdue. (Refreshes that errors or limits delay are not counted.)",
        )

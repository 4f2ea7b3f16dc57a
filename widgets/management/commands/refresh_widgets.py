"""`manage.py refresh_widgets`, for cron."""

import time
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from widgets.freshness import POLLED_WITHIN, freshness
from widgets.models import Snapshot, Widget
from widgets.refresh.clock import database_now
from widgets.refresh.quota import Refusal
from widgets.refresh.run import Outcome, refresh

FREE_PLACE = 60
"""Seconds to wait for one."""

NEVER = datetime.min.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Refreshes stale data that was polled in the last day, each query once, within Mixpanel's limits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="every active widget, fresh or not, polled or not")

    def handle(self, *args: Any, all: bool, **options: Any) -> None:
        counts = {"refreshed": 0, "failed": 0, "left": 0}
        for pk in wanted(everything=all):
            snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=pk).first()
            if snapshot is None:
                continue
            outcome = refresh_in_time(pk, snapshot.fetched_at)
            counts[counted_as(outcome)] += 1
            error = Snapshot.objects.values_list("error", flat=True).filter(pk=pk).first()
            said = f"failed: {error}" if outcome is Outcome.FAILED else outcome.value
            self.stdout.write(f"{snapshot.project.name}\t{describe(snapshot)}\t{said}")
        self.stdout.write(", ".join(f"{count} {what}" for what, count in counts.items()))
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} failed")


def refresh_in_time(pk: int, seen: datetime | None) -> Outcome | Refusal:
    """Waits a while where polls and workers have the project's few places for running queries."""
    deadline = time.monotonic() + FREE_PLACE
    while (outcome := refresh(pk, seen=seen, purpose="command")) is Refusal.BUSY and time.monotonic() < deadline:
        time.sleep(0.5)
    return outcome


def counted_as(outcome: Outcome | Refusal) -> str:
    if outcome is Outcome.STORED:
        return "refreshed"
    # A project that Mixpanel refuses is a failure that somebody must look at; a full hour is not.
    return "failed" if outcome in (Outcome.FAILED, Refusal.HELD, Refusal.NO_CREDENTIALS, Refusal.FAILED) else "left"


def wanted(*, everything: bool) -> list[int]:
    """The snapshots to refresh, the most overdue first."""
    now = database_now()
    widgets = Widget.objects.filter(active=True, snapshot__isnull=False)
    if not everything:
        widgets = widgets.filter(last_polled_at__gt=now - POLLED_WITHIN)
    due: dict[int, datetime] = {}
    rows = widgets.values_list(
        "snapshot_id",
        "snapshot__fetched_at",
        "snapshot__rolls_at",
        "refresh_minutes",
        "project__refresh_minutes",
        "project__stretch",
    )
    for pk, fetched_at, rolls_at, minutes, project_minutes, stretch in rows:
        until = NEVER
        if fetched_at is not None:
            until = freshness(
                fetched_at, rolls_at, widget_minutes=minutes, project_minutes=project_minutes, stretch=stretch
            ).until
        if everything or until <= now:
            due[pk] = min(until, due.get(pk, until))
    return sorted(due, key=lambda pk: due[pk])


def describe(snapshot: Snapshot) -> str:
    titles = snapshot.widgets.filter(active=True).order_by("title").values_list("title", flat=True)[:3]
    return ", ".join(titles)

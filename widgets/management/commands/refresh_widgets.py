"""`manage.py refresh_widgets` refreshes stale data. cron or a timer can run this command.

It also sends the notices that are due, because some sites have no watcher thread (`notices.watcher`).
"""

import time
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import F

from widgets.models import Snapshot, Widget
from widgets.models.call import Purpose
from widgets.notices import delivery
from widgets.refresh.clock import database_now
from widgets.refresh.quota import Refusal
from widgets.refresh.run import RefreshOutcome, refresh
from widgets.reports.freshness import POLLED_WITHIN

LONGEST_WAIT = 60
"""Seconds to wait if the project has as many running queries as its limit allows."""


class Command(BaseCommand):
    help = (
        "Refreshes the stale widgets that were polled in the last day, within Mixpanel's limits. "
        "Widgets with the same query share one call to Mixpanel. Also sends notices that are due."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="refresh every active widget, even if its data is fresh")

    def handle(self, *args: Any, all: bool, **options: Any) -> None:
        counts = {"refreshed": 0, "failed": 0, "left": 0}
        known = wanted(everything=all)
        for pk, fetched_at in known.items():
            snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=pk).first()
            if snapshot is None:
                continue
            outcome = refresh_when_free(pk, fetched_at, known)
            counts[counted_as(outcome)] += 1
            error = Snapshot.objects.values_list("error", flat=True).filter(pk=pk).first()
            # An earlier call of this run, or another process, has refreshed this snapshot.
            if outcome is Refusal.NEWER:
                outcome = RefreshOutcome.STORED
            said = f"failed: {error}" if outcome is RefreshOutcome.FAILED else outcome.value
            self.stdout.write(f"{snapshot.project.name}\t{describe(snapshot)}\t{said}")
        self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
        delivery.run()
        if counts["failed"]:
            raise CommandError(f"{counts['failed']} failed")


def refresh_when_free(pk: int, fetched_at: datetime | None, also: Collection[int]) -> RefreshOutcome | Refusal:
    """Refreshes a snapshot. If the project has too many running queries, waits up to LONGEST_WAIT seconds.

    `also`: ids of snapshots that the same call is allowed to refresh, even if they are fresh.
    """
    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        outcome = refresh(pk, expected_fetched_at=fetched_at, purpose=Purpose.COMMAND, also=also)
        if outcome is not Refusal.CONCURRENT_LIMIT or time.monotonic() >= deadline:
            return outcome
        time.sleep(0.5)


def counted_as(outcome: RefreshOutcome | Refusal) -> str:
    if outcome in (RefreshOutcome.STORED, Refusal.NEWER):
        return "refreshed"
    # A person might have to repair something after these outcomes. The others, such as a used-up limit, need no repair.
    return (
        "failed"
        if outcome in (RefreshOutcome.FAILED, Refusal.BACKOFF, Refusal.NO_CREDENTIALS, Refusal.FAILED)
        else "left"
    )


def wanted(*, everything: bool) -> dict[int, datetime | None]:
    """The ids of the snapshots to refresh, the most overdue first, each with its `fetched_at`."""
    now = database_now()
    widgets = Widget.objects.filter(active=True, snapshot__isnull=False)
    if not everything:
        widgets = widgets.filter(last_polled_at__gt=now - POLLED_WITHIN).exclude(snapshot__due_at__gt=now)
    due_at = F("snapshot__due_at").asc(nulls_first=True)
    return dict(widgets.order_by(due_at, "snapshot_id").values_list("snapshot_id", "snapshot__fetched_at"))


def describe(snapshot: Snapshot) -> str:
    titles = snapshot.widgets.filter(active=True).order_by("title").values_list("title", flat=True)[:3]
    return ", ".join(titles)

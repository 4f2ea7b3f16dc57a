"""Refreshes one snapshot: claim → ask → read → store, or record the error and back off.

Polls, workers, commands and the admin all refresh through `refresh`, which never raises for an error of Mixpanel.
"""

from datetime import date, datetime
from enum import Enum

from django.db.models import F

from widgets.freshness import base_interval, interval_factor_for, rolls_at
from widgets.mixpanel.client import Client
from widgets.models import Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.refresh import backoff, gateway
from widgets.refresh.clock import database_now
from widgets.refresh.gateway import Failure
from widgets.refresh.priority import most_urgent
from widgets.refresh.quota import Refusal, Reservation, claim
from widgets.report import Report
from widgets.reports import REPORT_TYPES

STATE = (
    "retry_at",
    "failing_since",
    "failures",
    "error_kind",
    "error",
    "lease_token",
    "lease_until",
    "queued_at",
)
"""The columns that every refresh writes, successful or not."""


class Outcome(Enum):
    """How a refresh ended. A Refusal gives the reason when Mixpanel was not asked."""

    STORED = "stored"
    FAILED = "failed"
    LATE = "came too late: another refresh had begun"


def refresh(
    snapshot_id: int,
    *,
    expected_fetched_at: datetime | None,
    purpose: str,
    user_id: int | None = None,
    in_turn: bool = False,
) -> Outcome | Refusal:
    """Refreshes one snapshot if its project may ask Mixpanel now. `expected_fetched_at`: as in `quota.claim`.

    `in_turn`: nobody waits for this snapshot. When calls are scarce, a snapshot with higher priority is refreshed
    instead.
    """
    snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=snapshot_id).first()
    if snapshot is None:
        return Refusal.GONE
    if snapshot.fetched_at != expected_fetched_at:
        return Refusal.NEWER
    if in_turn:
        snapshot = most_urgent(snapshot, snapshot.project, database_now())
    return Refresh(snapshot, purpose, user_id).run()


class Refresh:
    """One call to Mixpanel for one snapshot: the three functions that `gateway.call` needs, and the outcome."""

    def __init__(self, snapshot: Snapshot, purpose: str, user_id: int | None) -> None:
        self.snapshot, self.purpose, self.user_id = snapshot, purpose, user_id
        self.token = ""
        self.outcome = Outcome.LATE

    def run(self) -> Outcome | Refusal:
        answered = gateway.call(
            self.snapshot.project,
            self.claim,
            self.fetch,
            subject=f"snapshot={self.snapshot.pk} report={self.snapshot.query['report']}",
            for_person=self.purpose == Purpose.PERSON,
            keep=self.keep,
        )
        return answered if isinstance(answered, Refusal) else self.outcome

    def claim(self) -> Reservation | Refusal:
        expected = self.snapshot.fetched_at
        claimed = claim(self.snapshot.pk, expected_fetched_at=expected, purpose=self.purpose, user_id=self.user_id)
        if isinstance(claimed, Reservation):
            self.token = claimed.token
        return claimed

    def fetch(self, client: Client, today: date) -> tuple[Report, date]:
        report_type = REPORT_TYPES[self.snapshot.query["report"]]
        request = report_type.request(self.snapshot.query, today)
        answer = client.query(request.endpoint, request.params, request.body)
        return report_type.read(answer, self.snapshot.query, today), today

    def keep(self, answered: tuple[Report, date] | Failure, project: Project, now: datetime) -> None:
        """Stores the answer or the error, unless another refresh has taken over the lease."""
        held = Snapshot.objects.select_for_update().filter(pk=self.snapshot.pk, lease_token=self.token)
        if isinstance(answered, Failure):
            self.outcome = Outcome.FAILED
            if (snapshot := held.defer("report_json").first()) is not None:
                record_failure(snapshot, answered, now)
        elif (snapshot := held.first()) is not None:
            self.outcome = Outcome.STORED
            store(snapshot, answered[0], now, answered[1], project)
        factor = new_interval_factor(project, now)
        if factor != project.interval_factor:
            project.interval_factor = factor
            project.snapshots.set_due(project)
        elif self.outcome is Outcome.STORED:
            project.snapshots.filter(pk=self.snapshot.pk).set_due(project)


def store(snapshot: Snapshot, report: Report, now: datetime, today: date, project: Project) -> None:
    """Stores the report. The version rises only when the data changed, because renderings depend on the version."""
    stored = report.to_json()
    if snapshot.report_json != stored:
        snapshot.report_json = stored
        snapshot.version = F("version") + 1
    snapshot.fetched_at = now
    snapshot.rolls_at = rolls_at(snapshot.query, today, project.zone)
    snapshot.retry_at = snapshot.failing_since = None
    snapshot.error = snapshot.error_kind = ""
    snapshot.failures = 0
    end_lease(snapshot)
    snapshot.save(update_fields=["report_json", "version", "fetched_at", "rolls_at", *STATE])


def record_failure(snapshot: Snapshot, failure: Failure, now: datetime) -> None:
    """Stores the error and the time of the next try. The last good data stays."""
    snapshot.failures += 1
    wait = backoff.retry_after(failure.kind, snapshot.failures, failure.retry_after)
    snapshot.retry_at = now + wait if wait else None
    snapshot.failing_since = snapshot.failing_since or now
    snapshot.error_kind, snapshot.error = failure.kind, failure.message
    end_lease(snapshot)
    snapshot.save(update_fields=STATE)


def end_lease(snapshot: Snapshot) -> None:
    snapshot.lease_token = ""
    snapshot.lease_until = snapshot.queued_at = None


def new_interval_factor(project: Project, now: datetime) -> float:
    """The factor that stretches all intervals when the project has more queries than its hourly limit."""
    intervals: dict[int, tuple[float, bool]] = {}
    polled = Widget.objects.polled(project, now)
    for snapshot_id, minutes, rolls in polled.values_list("snapshot_id", "refresh_minutes", "snapshot__rolls_at"):
        over = rolls is not None
        interval = base_interval(minutes, project.refresh_minutes, over=over)
        known = intervals.get(snapshot_id)
        intervals[snapshot_id] = (min(interval, known[0]) if known else interval, over and minutes is None)
    return interval_factor_for(intervals.values(), project.effective_hourly)

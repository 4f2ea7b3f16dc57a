"""Refreshes a snapshot, and the other snapshots that share its call to Mixpanel.

Polls, workers, commands and the admin all call `refresh`, which stores an error of Mixpanel and does not raise it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from widgets.mixpanel.client import Client
from widgets.models import Project, Snapshot
from widgets.models.call import Purpose
from widgets.refresh import gateway
from widgets.refresh.batch import batch_for, calls_per_hour, items_of
from widgets.refresh.clock import database_now
from widgets.refresh.gateway import Failure
from widgets.refresh.priority import most_urgent
from widgets.refresh.quota import Refusal, Reservation, claim, running
from widgets.refresh.storing import Answers, ask_apart, one_part_might_be_wrong, store_answers, store_failure
from widgets.reports import REPORT_TYPES, ReadError
from widgets.reports.freshness import interval_factor_for


class RefreshOutcome(Enum):
    """How a refresh ended. If Mixpanel was not queried, `refresh` returns a Refusal instead."""

    STORED = "stored"
    FAILED = "failed"
    LATE = "came too late: another refresh had begun"
    APART = "needs a query of its own"


def refresh(
    snapshot_id: int,
    *,
    expected_fetched_at: datetime | None,
    purpose: Purpose,
    user_id: int | None = None,
    by_priority: bool = False,
    alone: bool = False,
    also: Collection[int] = (),
) -> RefreshOutcome | Refusal:
    """Refreshes one snapshot, and the project's other snapshots that are stale or due soon and fit into the same call.

    `expected_fetched_at`: as in `quota.claim`. `by_priority`: nobody waits for this snapshot, so when few calls are
    left, a more overdue snapshot is refreshed instead. `alone`: no other snapshot shares the call, because the query is
    new and might be wrong. `also`: the ids of snapshots that may share the call even if they are fresh.
    """
    snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=snapshot_id).first()
    if snapshot is None:
        return Refusal.GONE
    if snapshot.fetched_at != expected_fetched_at:
        return Refusal.NEWER
    now = database_now()
    # Forming batches takes time, so skip it if no call will follow.
    if waits(snapshot, now):
        return Refresh(snapshot, {}, None, purpose, user_id).run()  # `claim` returns the reason for the wait
    if running(snapshot.project, now) >= snapshot.project.effective_concurrent:
        return Refusal.CONCURRENT_LIMIT
    items, today = items_of(snapshot.project, now), snapshot.project.today(now)
    if by_priority:
        snapshot = most_urgent(snapshot, items, snapshot.project, now)
    others = [] if alone else batch_for(snapshot, items, now, today, also)
    polled = [item for item in items if item.is_polled]
    factor = interval_factor_for(calls_per_hour(polled, today), snapshot.project.effective_hourly)
    outcome = Refresh(snapshot, {item.pk: item.fetched_at for item in others}, factor, purpose, user_id).run()
    if outcome is RefreshOutcome.APART:
        return Refresh(snapshot, {}, factor, purpose, user_id).run()
    return outcome


def waits(snapshot: Snapshot, now: datetime) -> bool:
    """Whether the snapshot or its project waits, so that `claim` will probably refuse the call."""
    project = snapshot.project
    times = (snapshot.lease_until, snapshot.retry_at, project.backoff_until, project.full_until)
    return any(until is not None and until > now for until in times)


@dataclass(slots=True)
class Refresh:
    """One call to Mixpanel: the three functions that `gateway.call` needs, and the outcome for `snapshot`.

    `others`: as in `quota.claim`. `interval_factor`: the project's new factor, or None to keep the old factor.
    """

    snapshot: Snapshot
    others: dict[int, datetime | None]
    interval_factor: float | None
    purpose: Purpose
    user_id: int | None
    parts: tuple[Snapshot, ...] = ()
    token: str = ""
    outcome: RefreshOutcome = RefreshOutcome.LATE

    def run(self) -> RefreshOutcome | Refusal:
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
        claimed = claim(
            self.snapshot.pk,
            expected_fetched_at=self.snapshot.fetched_at,
            purpose=self.purpose,
            user_id=self.user_id,
            others=self.others,
        )
        if isinstance(claimed, Reservation):
            self.token, self.parts = claimed.token, claimed.parts
        return claimed

    def fetch(self, client: Client, today: date) -> Answers:
        """Queries Mixpanel for the call's parts (snapshots).

        If a new day has begun since the parts were chosen, leaves out the parts that do not fit into one call any more.
        """
        report_type = REPORT_TYPES[self.snapshot.query["report"]]
        kind = report_type.batch(self.snapshot.query)
        if len(self.parts) == 1 or kind is None:
            request = report_type.request(self.snapshot.query, today)
            answer = client.query(request.endpoint, request.params, request.body)
            return Answers(today, {self.snapshot.pk: report_type.read(answer, self.snapshot.query, today)})
        batch = kind(today)
        parts = [part for part in self.parts if batch.add(part.query)]
        request = batch.request()
        answer = client.query(request.endpoint, request.params, request.body)
        answers = Answers(today, {})
        for part in parts:
            try:
                own = batch.part(answer, part.query)
                answers.found[part.pk] = REPORT_TYPES[part.query["report"]].read(own, part.query, today)
            except ReadError as error:
                answers.found[part.pk] = error
        return answers

    def keep(self, answered: Answers | Failure, project: Project, now: datetime) -> None:
        """Stores the answers or the error, except in snapshots that another refresh has leased in the meantime."""
        pks = [part.pk for part in self.parts]
        held = Snapshot.objects.select_for_update().filter(pk__in=pks, lease_token=self.token)
        stored: list[int] = []
        if not isinstance(answered, Failure):
            stored = store_answers(held, answered, pks, project, now)
            unread = isinstance(answered.found.get(self.snapshot.pk), ReadError)
            self.outcome = (
                RefreshOutcome.STORED if pks[0] in stored else RefreshOutcome.APART if unread else RefreshOutcome.LATE
            )
        else:
            snapshots = list(held.defer("report_json").order_by("pk"))
            if one_part_might_be_wrong(answered, len(pks)):
                ask_apart(snapshots, len(pks), pks[0], project, now)
                self.outcome = RefreshOutcome.APART
            else:
                store_failure(snapshots, answered, len(pks), project, now)
                self.outcome = RefreshOutcome.FAILED
        if self.interval_factor not in (None, project.interval_factor):
            project.interval_factor = self.interval_factor
            project.snapshots.set_due(project)
        elif stored:
            project.snapshots.filter(pk__in=stored).set_due(project)

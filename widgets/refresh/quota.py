"""Quota: reserves calls to Mixpanel within the project's hourly and concurrent limits.

Calls are counted in the ledger by the database's clock, so the limits hold across threads, processes and hosts.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from widgets.models import ApiCall, Project, Snapshot
from widgets.models.call import Purpose
from widgets.models.snapshot import Sharing
from widgets.refresh.clock import database_now
from widgets.reports import Query
from widgets.reports.freshness import for_polls, is_stale

COUNTED_FOR = timedelta(seconds=3615)
"""15 seconds longer than an hour, because a query reaches Mixpanel some time after we recorded its start."""

LONGEST_RUN = timedelta(minutes=2)
"""The longest time that a query runs at Mixpanel, even if we have stopped waiting for the answer."""

LEASE_MARGIN_SECONDS = 30
ONLY_WHEN_DUE = (Purpose.POLL, Purpose.WORKER)
"""For these calls, `claim` checks that the snapshot is stale, because the host that queued them might have a wrong
clock."""


class Refusal(Enum):
    """The reason why no query was sent to Mixpanel. Each value continues a sentence that begins with "This query"."""

    NEWER = "was refreshed by another request in the meantime"
    FRESH = "has data that is still fresh by the database's clock"
    LEASED = "is being refreshed by another request"
    FAILED = "failed, and waits before the next try"
    BACKOFF = "belongs to a project whose queries Mixpanel refuses at the moment"
    NO_CREDENTIALS = "belongs to a project whose secret is missing or can't be read"
    NO_SLOT = "was not sent, because too many people are querying Mixpanel through this server at the moment"
    CONCURRENT_LIMIT = "waits for one of the project's running queries to end"
    HOURLY_LIMIT = "waits because the project's hourly limit is used up"
    GONE = "no longer exists"
    UNUSED = "belongs to no active widget"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Permission for one call to Mixpanel.

    - `call_id`: the id of the call's row in the ledger (`ApiCall`), or None if the call is not recorded.
    - `trial`: the call tests whether Mixpanel accepts the project's queries again after a backoff.
    - `counts`: the call counts towards the project's limits.
    - `speaks_for_project`: the call's result can begin or end the project's backoff. False for a call that tests
      unsaved credentials.
    - `parts`, `token`: the snapshots that the call refreshes, if any, and the token of their leases.
    """

    call_id: int | None
    project_id: int
    started_at: datetime
    trial: bool = False
    counts: bool = True
    speaks_for_project: bool = True
    token: str = ""
    parts: tuple[Snapshot, ...] = ()


def claim(
    snapshot_id: int,
    *,
    expected_fetched_at: datetime | None,
    purpose: Purpose,
    user_id: int | None = None,
    others: Mapping[int, datetime | None] | None = None,
) -> Reservation | Refusal:
    """Leases the snapshot and reserves a call that refreshes it.

    `expected_fetched_at`: the snapshot's `fetched_at` when the caller read the snapshot. If the database has another
    value now, another request has refreshed the snapshot.

    `others`: the ids of other snapshots that the same call can refresh, each with its `fetched_at` when the caller read
    it. The call leaves out a snapshot that another request has leased or refreshed, that waits after an error, or that
    must be queried alone.

    A call by a person (`Purpose.PERSON`) can use the share of the hourly limit that is reserved for people. It needs no
    active widget, and ignores the query's wait after an error.
    """
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().filter(snapshots=snapshot_id).first()
        wanted = {snapshot_id: expected_fetched_at} | dict(others or {})
        rows = Snapshot.objects.select_for_update().filter(pk__in=wanted, project=project).order_by("pk")
        found = {row.pk: row for row in rows.defer("report_json")}
        snapshot = found.pop(snapshot_id, None)
        if project is None or snapshot is None:
            return Refusal.GONE
        now = database_now()
        if snapshot.fetched_at != expected_fetched_at:
            return Refusal.NEWER
        if snapshot.lease_until and snapshot.lease_until > now:
            return Refusal.LEASED
        if snapshot.retry_at and snapshot.retry_at > now and purpose != Purpose.PERSON:
            return Refusal.FAILED
        if purpose != Purpose.PERSON and not snapshot.widgets.filter(active=True).exists():
            return Refusal.UNUSED  # the widget was paused, deleted or changed after the refresh was queued
        if purpose in ONLY_WHEN_DUE and snapshot.fetched_at and not is_stale(snapshot.due_at, now):
            return Refusal.FRESH
        if project.backoff_until and project.backoff_until > now:
            return Refusal.BACKOFF
        if refusal := limit_reached(project, now, person=purpose == Purpose.PERSON):
            return refusal
        parts = (snapshot, *(row for row in found.values() if may_join(row, wanted[row.pk], now)))
        call = ApiCall.objects.create(
            project=project,
            parts=[part.pk for part in parts],
            user_id=user_id,
            purpose=purpose,
            summary=describe(parts),
            started_at=now,
        )
        token = secrets.token_hex(16)
        Snapshot.objects.filter(pk__in=call.parts).update(lease_token=token, lease_until=now + lease())
        return Reservation(call.pk, project.pk, now, begin_trial(project, now), token=token, parts=parts)


def may_join(snapshot: Snapshot, expected_fetched_at: datetime | None, now: datetime) -> bool:
    """Whether a call for another snapshot can refresh this snapshot, too."""
    waits = any(until is not None and until > now for until in (snapshot.lease_until, snapshot.retry_at))
    return snapshot.fetched_at == expected_fetched_at and snapshot.sharing == Sharing.MAY and not waits


def reserve(
    project: Project,
    *,
    summary: str,
    user_id: int | None,
    counts: bool = True,
    ignored_backoff: Collection[str] = (),
    speaks_for_project: bool = True,
) -> Reservation | Refusal:
    """Reserves a call that a person makes and that refreshes no snapshot, for example for a list of events.

    `summary`: a few words for the ledger. `ignored_backoff`: error kinds whose backoff does not prevent the call.
    `counts`, `speaks_for_project`: see `Reservation`.
    """
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=project.pk)
        now = database_now()
        if project.backoff_until and project.backoff_until > now and project.backoff_kind not in ignored_backoff:
            return Refusal.BACKOFF
        if counts and (refusal := limit_reached(project, now, person=True)):
            return refusal
        call = ApiCall.objects.create(
            project=project,
            user_id=user_id,
            purpose=Purpose.PERSON,
            summary=summary[:200],
            started_at=now,
            counts=counts,
        )
        trial = counts and speaks_for_project and begin_trial(project, now)
        return Reservation(call.pk, project.pk, now, trial, counts, speaks_for_project)


def lease() -> timedelta:
    return timedelta(seconds=settings.MIXPANEL_TIMEOUT + LEASE_MARGIN_SECONDS)


def begin_trial(project: Project, now: datetime) -> bool:
    """Makes this call a trial if the project's backoff ends only with a trial. Returns whether the call is a trial.

    The project's next calls wait for the end of the trial.
    """
    if not project.backoff_count:
        return False
    until = max(project.backoff_until or now, now + lease())
    Project.objects.filter(pk=project.pk).update(backoff_until=until)
    return True


def end_call(reservation: Reservation, *, outcome: str, message: str, gave_up: bool, counts: bool) -> datetime:
    """Writes the call's end and its outcome (`ok` or an error kind) into the ledger. Returns the database's time."""
    now = database_now()
    assert reservation.call_id is not None
    ApiCall.objects.filter(pk=reservation.call_id).update(
        ended_at=now, outcome=outcome, message=message, gave_up=gave_up, counts=reservation.counts and counts
    )
    return now


def unrecorded() -> Reservation:
    """A reservation without limits, for a call that tests the credentials of a project that is not stored."""
    return Reservation(None, 0, database_now())


def limit_reached(project: Project, now: datetime, *, person: bool) -> Refusal | None:
    """Returns the reached limit, or None if one more call can start now. The caller has locked the project.

    If polls reach the hourly limit, stores in `full_until` when the next poll can start a call.
    """
    if running(project, now) >= project.effective_concurrent:
        return Refusal.CONCURRENT_LIMIT
    limit = project.effective_hourly if person else for_polls(project.effective_hourly)
    starts = list(started_within(project, now).order_by("-started_at").values_list("started_at", flat=True)[:limit])
    if len(starts) < limit:
        return None
    if not person:
        Project.objects.filter(pk=project.pk).update(full_until=starts[-1] + COUNTED_FOR)
    return Refusal.HOURLY_LIMIT


def started_within(project: Project, now: datetime, span: timedelta = COUNTED_FOR) -> QuerySet[ApiCall]:
    """The project's calls that started within the last `span` and count towards the limits."""
    return ApiCall.objects.filter(project=project, started_at__gt=now - span, counts=True)


def running(project: Project, now: datetime) -> int:
    """The number of queries that might be running at Mixpanel, including those that we stopped waiting for."""
    longest = max(LONGEST_RUN, timedelta(seconds=settings.MIXPANEL_TIMEOUT))
    return started_within(project, now, longest).filter(Q(ended_at=None) | Q(gave_up=True)).count()


def describe(parts: Sequence[Snapshot]) -> str:
    """The call's summary in the ledger: each query's report type, with its events or its id at Mixpanel.

    If the call has several queries, the summary begins with their number.
    """
    words = list(dict.fromkeys(named(part.query) for part in parts))
    return f"{f'{len(parts)} queries: ' if len(parts) > 1 else ''}{'; '.join(words)}"[:200]


def named(query: Query) -> str:
    events = query.get("events") or query.get("steps") or [each["event"] for each in query.get("metrics", ())]
    asked = ", ".join(dict.fromkeys(events)) or next(
        (query[key] for key in ("event", "funnel", "saved_report") if key in query), ""
    )
    return " ".join(f"{query['report']} {asked}".split())

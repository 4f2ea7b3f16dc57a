"""The right to ask Mixpanel: a place in the project's hour, for a snapshot with its lease, in one transaction.

Counted from the ledger by the database's clock, so that the limits hold over threads, processes and hosts.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from widgets.freshness import for_polls, is_stale
from widgets.models import ApiCall, Project, Snapshot
from widgets.models.call import Purpose
from widgets.refresh.clock import database_now

HOUR = timedelta(seconds=3615)
"""A little long: Mixpanel counts a query when it arrives, we when it leaves."""

RUNS_ON = timedelta(minutes=2)
"""The longest that a query runs at Mixpanel, whoever still waits for it."""

LEASE_MARGIN = 30
WHEN_DUE = (Purpose.POLL, Purpose.WORKER)
"""Purposes that ask only for what is old by the database's clock, whatever the host's own clock says."""


class Refusal(Enum):
    """Why a snapshot may not be asked for now."""

    NEWER = "has been refreshed meanwhile"
    FRESH = "is still fresh by the database's clock"
    LEASED = "is being refreshed by somebody else"
    FAILED = "failed a short while ago, and waits before the next try"
    HELD = "belongs to a project that Mixpanel refuses at the moment"
    NO_CREDENTIALS = "belongs to a project whose secret is missing or can't be read"
    CROWDED = "waits until fewer people ask Mixpanel on this server at once"
    BUSY = "waits for one of the project's running queries to end"
    HOUR = "waits for the next free query of the hour"
    GONE = "is no longer there"


@dataclass(frozen=True, slots=True)
class Place:
    """The right to ask once. `call_id`: the call's row in the ledger, None where nothing is recorded of it.

    `trial`: the call tries whether the project's backoff is over. `counts`: whether Mixpanel counts it to the project's
    hour. `speaks_for_project`: how it ends holds for all of the project's queries, which is not so for credentials that
    aren't saved.
    """

    call_id: int | None
    project_id: int
    started_at: datetime
    trial: bool = False
    counts: bool = True
    speaks_for_project: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Place):
    """A place and the lease of one snapshot."""

    snapshot_id: int
    token: str


def claim(
    snapshot_id: int, *, expected_fetched_at: datetime | None, purpose: str, user_id: int | None = None
) -> Claim | Refusal:
    """Takes the lease and a place, or says why not.

    `expected_fetched_at` is the `fetched_at` that the caller acted upon: if the row's is another by now, somebody was
    faster. People (`Purpose.PERSON`) may spend the calls kept for them, and need not wait after a failure.
    """
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().filter(snapshots=snapshot_id).first()
        snapshot = Snapshot.objects.select_for_update().defer("report_json").filter(pk=snapshot_id).first()
        if project is None or snapshot is None:
            return Refusal.GONE
        now = database_now()
        if snapshot.fetched_at != expected_fetched_at:
            return Refusal.NEWER
        if snapshot.lease_until and snapshot.lease_until > now:
            return Refusal.LEASED
        if snapshot.retry_at and snapshot.retry_at > now and purpose != Purpose.PERSON:
            return Refusal.FAILED
        if purpose in WHEN_DUE and snapshot.fetched_at and not is_stale(snapshot.due_at, now):
            return Refusal.FRESH
        if project.backoff_until and project.backoff_until > now:
            return Refusal.HELD
        if refusal := spend(project, now, person=purpose == Purpose.PERSON):
            return refusal
        call = ApiCall.objects.create(
            project=project,
            snapshot=snapshot,
            user_id=user_id,
            purpose=purpose,
            what=describe(snapshot),
            started_at=now,
        )
        token = secrets.token_hex(16)
        Snapshot.objects.filter(pk=snapshot.pk).update(lease_token=token, lease_until=now + lease())
        trial = begin_trial(project, now)
        return Claim(call.pk, project.pk, now, trial, snapshot_id=snapshot.pk, token=token)


def reserve(
    project: Project,
    *,
    what: str,
    user_id: int | None,
    counts: bool = True,
    despite: Collection[str] = (),
    speaks_for_project: bool = True,
) -> Place | Refusal:
    """A place for a person's call that is about no snapshot. `despite`: kinds of backoff in which it may be had."""
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=project.pk)
        now = database_now()
        if project.backoff_until and project.backoff_until > now and project.backoff_kind not in despite:
            return Refusal.HELD
        if counts and (refusal := spend(project, now, person=True)):
            return refusal
        call = ApiCall.objects.create(
            project=project, user_id=user_id, purpose=Purpose.PERSON, what=what[:200], started_at=now, counts=counts
        )
        trial = counts and speaks_for_project and begin_trial(project, now)
        return Place(call.pk, project.pk, now, trial, counts, speaks_for_project)


def lease() -> timedelta:
    return timedelta(seconds=settings.MIXPANEL_TIMEOUT + LEASE_MARGIN)


def begin_trial(project: Project, now: datetime) -> bool:
    """Whether this call is the one that finds out if the project's backoff is over; the others wait for it then."""
    if not project.backoff_count:
        return False
    until = max(project.backoff_until or now, now + lease())
    Project.objects.filter(pk=project.pk).update(backoff_until=until)
    return True


def end_call(place: Place, *, outcome: str, message: str, gave_up: bool, counts: bool) -> datetime:
    """Notes how a call ended: `ok`, or an error's kind. Returns when. Not `counts`: its place is free again."""
    now = database_now()
    assert place.call_id is not None
    ApiCall.objects.filter(pk=place.call_id).update(
        ended_at=now, outcome=outcome, message=message, gave_up=gave_up, counts=place.counts and counts
    )
    return now


def unrecorded() -> Place:
    """For credentials of no stored project: no limit of ours is theirs."""
    return Place(None, 0, database_now())


def spend(project: Project, now: datetime, *, person: bool) -> Refusal | None:
    """Whether the project's limits leave room for one more call; call it with the project's row locked."""
    if running(project, now) >= project.effective_concurrent:
        return Refusal.BUSY
    limit = project.effective_hourly if person else for_polls(project.effective_hourly)
    starts = list(started_within(project, now).order_by("-started_at").values_list("started_at", flat=True)[:limit])
    if len(starts) < limit:
        return None
    if not person:
        Project.objects.filter(pk=project.pk).update(full_until=starts[-1] + HOUR)
    return Refusal.HOUR


def started_within(project: Project, now: datetime, span: timedelta = HOUR) -> QuerySet[ApiCall]:
    """The calls of so long that Mixpanel counts."""
    return ApiCall.objects.filter(project=project, started_at__gt=now - span, counts=True)


def running(project: Project, now: datetime) -> int:
    """Queries that may be running at Mixpanel, those among them that nobody here waits for any longer."""
    longest = max(RUNS_ON, timedelta(seconds=settings.MIXPANEL_TIMEOUT))
    return started_within(project, now, longest).filter(Q(ended_at=None) | Q(gave_up=True)).count()


def describe(snapshot: Snapshot) -> str:
    query = snapshot.query
    asked = query.get("event") or ", ".join(query.get("events", ())) or ""
    for key in ("funnel", "saved_report"):
        asked = asked or (f"{query[key]}" if key in query else "")
    return " ".join(f"{query['report']} {asked}".split())[:200]

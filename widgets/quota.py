"""The right to ask Mixpanel: the lease of one snapshot and a call of the project's hour, in one transaction.

Counted from the ledger by the database's clock, so that the limits hold over threads, processes and hosts.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from .clock import database_now
from .freshness import for_polls
from .models import ApiCall, Project, Snapshot

HOUR = timedelta(seconds=3615)
"""A little long: Mixpanel counts a query when it arrives, we when it leaves."""

RUNS_ON = timedelta(minutes=2)
"""The longest that a query runs at Mixpanel, whoever still waits for it."""

LEASE_MARGIN = 30
PEOPLE = "person"


class Refusal(Enum):
    """Why a snapshot may not be asked for now."""

    NEWER = "has been refreshed meanwhile"
    LEASED = "is being refreshed by somebody else"
    FAILED = "failed a short while ago, and waits before the next try"
    HELD = "belongs to a project that Mixpanel refuses at the moment"
    BUSY = "waits for one of the project's running queries to end"
    HOUR = "waits for the next free query of the hour"
    GONE = "is no longer there"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask for one snapshot once. `probe`: it tries whether a hold of the project is over."""

    snapshot_id: int
    project_id: int
    call_id: int
    token: str
    started_at: datetime
    probe: bool


def claim(snapshot_id: int, *, seen: datetime | None, purpose: str, user_id: int | None = None) -> Claim | Refusal:
    """Takes the lease and a call, or says why not.

    `seen` is the `fetched_at` that the caller acted upon: if the row's is another by now, somebody was
    faster. People (`purpose=PEOPLE`) may spend the calls kept for them, and need not wait after a failure.
    """
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().filter(snapshots=snapshot_id).first()
        snapshot = Snapshot.objects.select_for_update().defer("report_json").filter(pk=snapshot_id).first()
        if project is None or snapshot is None:
            return Refusal.GONE
        now = database_now()
        if snapshot.fetched_at != seen:
            return Refusal.NEWER
        if snapshot.lease_until and snapshot.lease_until > now:
            return Refusal.LEASED
        if snapshot.retry_at and snapshot.retry_at > now and purpose != PEOPLE:
            return Refusal.FAILED
        if project.held_until and project.held_until > now:
            return Refusal.HELD
        refusal = spend(project, now, person=purpose == PEOPLE)
        if refusal:
            return refusal

        token = secrets.token_hex(16)
        call = ApiCall.objects.create(
            project=project,
            snapshot=snapshot,
            user_id=user_id,
            purpose=purpose,
            what=describe(snapshot),
            started_at=now,
        )
        lease = timedelta(seconds=settings.MIXPANEL_TIMEOUT + LEASE_MARGIN)
        Snapshot.objects.filter(pk=snapshot.pk).update(lease_token=token, lease_until=now + lease)
        probe = project.hold_count > 0
        if probe:
            # One query finds out whether the hold is over; the others wait for what it finds.
            Project.objects.filter(pk=project.pk).update(held_until=now + lease)
        return Claim(snapshot.pk, project.pk, call.pk, token, now, probe)


def reserve(project: Project, *, what: str, user_id: int | None) -> int | Refusal:
    """A call for a person that is about no snapshot, a picker's list say: the ledger's id of it."""
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=project.pk)
        now = database_now()
        if project.held_until and project.held_until > now:
            return Refusal.HELD
        if refusal := spend(project, now, person=True):
            return refusal
        return ApiCall.objects.create(
            project=project, user_id=user_id, purpose=PEOPLE, what=what[:200], started_at=now
        ).pk


def end_call(call_id: int, *, outcome: str, message: str = "", gave_up: bool = False) -> datetime:
    """Notes how a call ended: `ok`, or an error's kind. Returns when."""
    now = database_now()
    ApiCall.objects.filter(pk=call_id).update(ended_at=now, outcome=outcome, message=message, gave_up=gave_up)
    return now


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
    return ApiCall.objects.filter(project=project, started_at__gt=now - span)


def running(project: Project, now: datetime) -> int:
    """Queries that may be running at Mixpanel, those among them that nobody here waits for any longer."""
    longest = max(RUNS_ON, timedelta(seconds=settings.MIXPANEL_TIMEOUT))
    return started_within(project, now, longest).filter(Q(ended_at=None) | Q(gave_up=True)).count()


def describe(snapshot: Snapshot) -> str:
    question = snapshot.question
    asked = question.get("event") or ", ".join(question.get("events", ())) or ""
    for key in ("funnel", "saved_report"):
        asked = asked or (f"{question[key]}" if key in question else "")
    return " ".join(f"{question['report']} {asked}".split())[:200]

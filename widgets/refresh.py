"""Refreshing one snapshot: claim → ask → read → store, or record the error and hold back.

The one way to Mixpanel's data, for polls, workers, commands and the admin alike. It never raises for what
Mixpanel does wrong, and never asks inside a database transaction.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from django.db import transaction

from . import holds
from .clock import database_now
from .encryption import SecretLost
from .freshness import base_interval, rolls_at, stretch_for
from .mixpanel.client import Client
from .mixpanel.errors import MixpanelError
from .models import ApiCall, Project, Snapshot, Widget
from .quota import Claim, Refusal, claim, end_call
from .report import Report
from .reports import KINDS, ReadError
from .turns import most_urgent

logger = logging.getLogger(__name__)

LEDGER_KEEPS = timedelta(days=7)
UNUSED_KEEPS = timedelta(days=1)
HOLD_FIELDS = ("held_until", "hold_kind", "hold_message", "hold_count")


class Outcome(Enum):
    """How a refresh ended; a Refusal says why there was none."""

    STORED = "stored"
    FAILED = "failed"
    LATE = "came too late: another refresh had begun"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, in words for people, and how long Mixpanel asked to be left alone (seconds)."""

    kind: str
    message: str
    retry_after: float | None = None
    gave_up: bool = False
    hourly_limit: int | None = None
    concurrent_limit: int | None = None


def refresh(
    snapshot_id: int, *, seen: datetime | None, purpose: str, user_id: int | None = None, in_turn: bool = False
) -> Outcome | Refusal:
    """Asks Mixpanel for one snapshot, if it may be asked now. `seen`: the `fetched_at` the caller knows.

    `in_turn`: nobody waits for just this one, so a scarce call may go to a more overdue query instead.
    """
    snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=snapshot_id).first()
    if snapshot is None:
        return Refusal.GONE
    if snapshot.fetched_at != seen:
        return Refusal.NEWER
    project = snapshot.project
    if in_turn:
        snapshot = most_urgent(snapshot, project, database_now())
    try:
        if not project.has_secret:
            return without_credentials(project, "This project has no secret yet. Enter it on the project's page.")
        client = project.client()
    except SecretLost as lost:
        return without_credentials(project, str(lost))
    claimed = claim(snapshot.pk, seen=snapshot.fetched_at, purpose=purpose, user_id=user_id)
    if isinstance(claimed, Refusal):
        return claimed
    today = project.today(claimed.started_at)
    answered = ask(client, snapshot, today)
    if isinstance(answered, Failure):
        record(claimed, answered)
        outcome = Outcome.FAILED
    else:
        outcome = store(claimed, answered, today)
    log(project, snapshot, claimed, answered)
    return outcome


def ask(client: Client, snapshot: Snapshot, today: date) -> Report | Failure:
    kind = KINDS[snapshot.question["report"]]
    request = kind.request(snapshot.question, today)
    try:
        answer = client.query(request.endpoint, request.params)
        return kind.read(answer, snapshot.question, today)
    except ReadError as error:
        return Failure("unavailable", str(error))
    except MixpanelError as error:
        return Failure(
            error.kind,
            sentences(error.message, error.advice),
            error.retry_after,
            error.gave_up,
            getattr(error, "hourly_limit", None),
            getattr(error, "concurrent_limit", None),
        )


def sentences(*parts: str) -> str:
    """Each part as a sentence of its own: Mixpanel's words seldom end with a full stop."""
    whole = (part.strip() for part in parts)
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in whole if part)


def store(claimed: Claim, report: Report, today: date) -> Outcome:
    """Keeps the report, if the lease is still ours: a late holder overwrites nothing."""
    stored = report.to_json()
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=claimed.project_id)
        now = end_call(claimed.call_id, outcome="ok")
        snapshot = Snapshot.objects.filter(pk=claimed.snapshot_id, lease_token=claimed.token).first()
        if snapshot is None:
            return Outcome.LATE
        if snapshot.report_json != stored:
            snapshot.report_json = stored
            snapshot.version += 1
        snapshot.fetched_at = now
        snapshot.rolls_at = rolls_at(snapshot.question, today, project.zone)
        snapshot.retry_at = snapshot.failing_since = snapshot.queued_at = snapshot.lease_until = None
        snapshot.error = snapshot.error_kind = snapshot.lease_token = ""
        snapshot.failures = 0
        snapshot.save()
        if claimed.probe:
            project.release()
        project.stretch = stretch(project, now)
        project.save(update_fields=[*HOLD_FIELDS, "stretch"])
        prune(project, now)
    return Outcome.STORED


def record(claimed: Claim, failure: Failure) -> None:
    """Notes the error and holds back what it concerns. The last good data stays."""
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=claimed.project_id)
        now = end_call(claimed.call_id, outcome=failure.kind, message=failure.message, gave_up=failure.gave_up)
        if failure.kind in holds.HOLDS_PROJECT:
            holds.hold_project(project, now, failure.kind, failure.message, failure.retry_after)
            learn(project, failure)
            project.stretch = stretch(project, now)
            project.save(update_fields=[*HOLD_FIELDS, "learned_hourly", "learned_concurrent", "stretch"])
        elif claimed.probe:
            # It got past what the project was held for, and failed for a reason of its own.
            project.release()
            project.save(update_fields=HOLD_FIELDS)
        snapshot = (
            Snapshot.objects.defer("report_json").filter(pk=claimed.snapshot_id, lease_token=claimed.token).first()
        )
        if snapshot is None:
            return
        snapshot.failures += 1
        wait = holds.retry_after(failure.kind, snapshot.failures, failure.retry_after)
        snapshot.retry_at = now + wait if wait else None
        snapshot.failing_since = snapshot.failing_since or now
        snapshot.error_kind, snapshot.error = failure.kind, failure.message
        snapshot.lease_token, snapshot.lease_until, snapshot.queued_at = "", None, None
        snapshot.save(
            update_fields=[
                "failures",
                "retry_at",
                "failing_since",
                "error_kind",
                "error",
                "lease_token",
                "lease_until",
                "queued_at",
            ]
        )


def learn(project: Project, failure: Failure) -> None:
    """Takes the project's real limits from a 429. Lower ones count at once, higher ones are only shown."""
    if failure.hourly_limit:
        project.learned_hourly = failure.hourly_limit
    if failure.concurrent_limit:
        project.learned_concurrent = failure.concurrent_limit


def without_credentials(project: Project, message: str) -> Refusal:
    """Holds the project back without a call: there is nothing to ask with."""
    now = database_now()
    if project.held_until is None or project.held_until <= now:
        with transaction.atomic(durable=True):
            project = Project.objects.select_for_update().get(pk=project.pk)
            holds.hold_project(project, now, "credentials", message, None)
            project.save(update_fields=HOLD_FIELDS)
    return Refusal.HELD


def stretch(project: Project, now: datetime) -> float:
    """How much longer than asked the project's data stays unasked, so that its hour carries all of it."""
    intervals: dict[int, tuple[float, bool]] = {}
    polled = Widget.objects.polled(project, now)
    for snapshot_id, minutes, rolls in polled.values_list("snapshot_id", "refresh_minutes", "snapshot__rolls_at"):
        over = rolls is not None
        interval = base_interval(minutes, project.refresh_minutes, over=over)
        known = intervals.get(snapshot_id)
        intervals[snapshot_id] = (min(interval, known[0]) if known else interval, over and minutes is None)
    return stretch_for(intervals.values(), project.effective_hourly)


def prune(project: Project, now: datetime) -> None:
    """Drops the ledger's old rows, and snapshots that no widget uses any more."""
    ApiCall.objects.filter(project=project, started_at__lt=now - LEDGER_KEEPS).delete()
    Snapshot.objects.filter(project=project, widgets=None, created_at__lt=now - UNUSED_KEEPS).delete()


def log(project: Project, snapshot: Snapshot, claimed: Claim, answered: Report | Failure) -> None:
    """One line a query. Names of projects are people's; nothing of what Mixpanel said is quoted."""
    took = (database_now() - claimed.started_at).total_seconds() * 1000
    outcome = answered.kind if isinstance(answered, Failure) else "ok"
    level = logging.WARNING if isinstance(answered, Failure) else logging.INFO
    logger.log(
        level,
        "query project=%s snapshot=%s report=%s ms=%.0f outcome=%s",
        project.pk,
        snapshot.pk,
        snapshot.question["report"],
        took,
        outcome,
    )

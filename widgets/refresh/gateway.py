"""The one gateway to Mixpanel: reserve → ask → record, for refreshes, previews, pickers and the connection test.

`call` does all three. Reserving is in `quota`. An error becomes words here, once. The record holds what a call means
for the project: its end in the ledger, its place in the hour given back, limits learned, backoff begun or ended, one
line in the log. Mixpanel is never asked inside a database transaction.
"""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from widgets.mixpanel.auth import auth_for
from widgets.mixpanel.client import Client
from widgets.mixpanel.errors import MixpanelError, RateLimitError
from widgets.mixpanel.limits import Limits
from widgets.models import Project
from widgets.models.project import BACKOFF_FIELDS
from widgets.models.snapshot import REFUSED
from widgets.refresh import backoff, pruning, slots
from widgets.refresh.log_rate import once_per
from widgets.refresh.quota import Place, Refusal, end_call
from widgets.reports import ReadError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

UNREADABLE = "unreadable"
"""The kind of failure where Mixpanel answered, and the answer is not what was asked for."""

LET_IN = (*REFUSED, UNREADABLE)
"""Failures that show that Mixpanel lets the project ask."""

NO_LIMITS = Limits()
RECORDED = (*BACKOFF_FIELDS, "learned_hourly", "learned_concurrent", "learned_at", "interval_factor")
SECONDS_BETWEEN_LINES = 60


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: in Mixpanel's words, cleaned, and what to do about it. The rest as in MixpanelError."""

    kind: str
    said: str
    advice: str = ""
    status: int | None = None
    retry_after: float | None = None
    gave_up: bool = False
    counts: bool = True
    limits: Limits = NO_LIMITS

    @property
    def message(self) -> str:
        return sentences(self.said, self.advice)

    @property
    def holds_project(self) -> bool:
        return self.kind in backoff.HOLDS_PROJECT


def call(
    project: Project,
    reserve: Callable[[], Place | Refusal],
    fetch: Callable[[Client, date], Answer],
    *,
    subject: str,
    for_person: bool,
    keep: Callable[[Answer | Failure, Project, datetime], None] | None = None,
) -> Answer | Failure | Refusal:
    """One call to Mixpanel as `project`: what `fetch` got, or what went wrong, or why Mixpanel was not asked.

    `fetch` gets today in the project's zone. `keep` stores the answer in the transaction that records the call; it gets
    the project with its row locked, which is saved afterwards (RECORDED), and the database's now. `for_person`: a
    person waits in front of a page, so the call needs one of the few slots. `subject`: for the log.
    """
    if problem := project.secret_problem:
        # Nothing waits for that: a secret may come any moment.
        say_not_refreshed(project.pk, problem)
        return Refusal.NO_CREDENTIALS
    with slots.people.take() if for_person else nullcontext(True) as has_slot:
        if not has_slot:
            return Refusal.CROWDED
        place = reserve()
        if isinstance(place, Refusal):
            return place
        answered = ask(project, fetch, project.today(place.started_at))
    if place.call_id is not None:
        record(place, answered, subject, keep)
    return answered


def ask(project: Project, fetch: Callable[[Client, date], Answer], today: date) -> Answer | Failure:
    try:
        return fetch(client_of(project), today)
    except ReadError as error:
        return Failure(UNREADABLE, str(error))
    except MixpanelError as error:
        return Failure(
            error.kind,
            error.message,
            error.advice_on(today),
            error.status,
            error.retry_after,
            error.gave_up,
            error.counts,
            error.limits if isinstance(error, RateLimitError) else NO_LIMITS,
        )


def client_of(project: Project) -> Client:
    """A client that asks as this project. Raises SecretLost."""
    secret = project.encrypted_secret
    return Client(
        auth_for(project.auth, project.username, secret.reveal() if secret else ""),
        region=project.region,
        project_id=project.project_id,
        workspace_id=project.workspace_id,
        api_root=settings.MIXPANEL_API_ROOT,
        timeout=settings.MIXPANEL_TIMEOUT,
    )


def record(
    place: Place,
    answered: Answer | Failure,
    subject: str,
    keep: Callable[[Answer | Failure, Project, datetime], None] | None,
) -> None:
    failure = answered if isinstance(answered, Failure) else None
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=place.project_id)
        now = end_call(
            place,
            outcome=failure.kind if failure else "ok",
            message=failure.message if failure else "",
            gave_up=failure.gave_up if failure else False,
            counts=failure.counts if failure else True,
        )
        if failure and not failure.counts:
            project.full_until = None
        if place.counts and place.speaks_for_project:
            back_off(project, now, failure, trial=place.trial)
        if keep:
            keep(answered, project, now)
        project.save(update_fields=RECORDED)
    log(place, subject, failure, now)
    pruning.now_and_then(now)


def back_off(project: Project, now: datetime, failure: Failure | None, *, trial: bool) -> None:
    """Begins or ends the project's backoff. The caller has its row locked, and saves it."""
    begun_before = (
        project.backoff_count > 0 and project.backoff_until is not None and project.backoff_until > now and not trial
    )
    if begun_before and (failure is None or failure.kind in LET_IN or failure.kind == "limit"):
        # Of many that were on their way when the backoff began, the first has said all. Only the trial ends it.
        if failure is not None:
            learn(project, failure.limits, now)
        return
    if failure is None or failure.kind in LET_IN:
        backoff.end_backoff(project)
    elif failure.holds_project:
        learn(project, failure.limits, now)
        too_many = failure.limits.too_many_at_once
        backoff.back_off_project(project, now, failure.kind, failure.message, too_many_at_once=too_many)
    elif trial:
        # It found out nothing; the next query is the next trial.
        project.backoff_until = now


def learn(project: Project, limits: Limits, now: datetime) -> None:
    """Takes the project's real limits from a 429. Lower ones count at once, higher ones are only shown."""
    if limits.hourly is None and limits.concurrent is None:
        return
    hourly, concurrent = project.learned
    project.learned_hourly = limits.hourly or hourly
    project.learned_concurrent = limits.concurrent or concurrent
    project.learned_at = now


def say_not_refreshed(project_id: int, problem: str) -> None:
    if once_per(SECONDS_BETWEEN_LINES, f"secret of project {project_id}"):
        logger.warning("project=%s is not refreshed: %s", project_id, problem)


def log(place: Place, subject: str, failure: Failure | None, now: datetime) -> None:
    """One line per call. Nothing of what Mixpanel said is quoted."""
    logger.log(
        logging.WARNING if failure else logging.INFO,
        "query project=%s %s ms=%.0f outcome=%s",
        place.project_id,
        subject,
        (now - place.started_at).total_seconds() * 1000,
        failure.kind if failure else "ok",
    )


def sentences(*parts: str) -> str:
    """Each part as a sentence of its own: Mixpanel's words seldom end with a full stop."""
    whole = (part.strip() for part in parts)
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in whole if part)

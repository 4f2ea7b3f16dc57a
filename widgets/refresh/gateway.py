"""Makes all calls to Mixpanel: for refreshes, previews, pickers and the connection test.

`call` reserves the call (in `quota`), queries Mixpanel outside of database transactions, and records the result:
it writes the call's end into the ledger (`ApiCall`), stores limits that Mixpanel named, begins or ends the project's
backoff, and logs one line. A call that tests the credentials of an unsaved project is not recorded.
"""

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.dispatch import Signal

from widgets.mixpanel.auth import ProjectSecret, ServiceAccount
from widgets.mixpanel.client import Client
from widgets.mixpanel.error_kind import ErrorKind
from widgets.mixpanel.errors import MixpanelError, RateLimitError
from widgets.mixpanel.limits import Limits
from widgets.models import Project
from widgets.models.project import BACKOFF_FIELDS, Auth
from widgets.models.snapshot import BACKS_OFF_PROJECT, REFUSED
from widgets.refresh import backoff, pruning, slots
from widgets.refresh.quota import Refusal, Reservation, end_call
from widgets.reports import ReadError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

REQUEST_ERRORS = (*REFUSED, ErrorKind.UNREADABLE)
"""After these errors, only the query waits. They end a project's backoff, because Mixpanel accepted the credentials."""

recorded = Signal()
"""Sent after each recorded call, with `project_id`. Receivers must be fast, because they run in the calling thread."""

NO_LIMITS = Limits()
PROJECT_FIELDS = (*BACKOFF_FIELDS, "learned_hourly", "learned_concurrent", "learned_at", "interval_factor")
LOG_EVERY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed call. `said`: the error's message. `limits`: the limits that Mixpanel named in the error.

    Other fields: see `MixpanelError`.
    """

    kind: ErrorKind
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
    def backs_off_project(self) -> bool:
        return self.kind in BACKS_OFF_PROJECT


def call(
    project: Project,
    reserve: Callable[[], Reservation | Refusal],
    fetch: Callable[[Client, date], Answer],
    *,
    subject: str,
    for_person: bool,
    keep: Callable[[Answer | Failure, Project, datetime], None] | None = None,
) -> Answer | Failure | Refusal:
    """Makes one call to Mixpanel. Returns the result of `fetch`, or a Failure, or the Refusal that prevented the call.

    - `fetch` receives a client, and today's date in the project's time zone.
    - `keep` stores the result, in the transaction that records the call. `keep` receives the result, the locked project
      (PROJECT_FIELDS are saved afterwards) and the database's time.
    - `subject`: words about the query, for the log.
    - `for_person`: a person waits for the page, so the call needs one of the slots for people.
    """
    if problem := project.secret_problem:
        # No backoff begins, because somebody can enter the secret at any time.
        log_not_refreshed(project.pk, problem)
        return Refusal.NO_CREDENTIALS
    with slots.people.acquire() if for_person else nullcontext(True) as has_slot:
        if not has_slot:
            return Refusal.NO_SLOT
        reservation = reserve()
        if isinstance(reservation, Refusal):
            return reservation
        answered = ask(project, fetch, project.today(reservation.started_at))
    if reservation.call_id is not None:
        record(reservation, answered, subject, keep)
    return answered


def ask(project: Project, fetch: Callable[[Client, date], Answer], today: date) -> Answer | Failure:
    try:
        return fetch(client_of(project), today)
    except ReadError as error:
        return Failure(ErrorKind.UNREADABLE, str(error))
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
    """Raises SecretLost if the project has no secret that can be decrypted."""
    secret, by_secret = project.secret, project.auth == Auth.PROJECT_SECRET
    return Client(
        ProjectSecret(secret.reveal()) if by_secret else ServiceAccount(project.username, secret.reveal()),
        region=project.region,
        project_id=project.project_id,
        workspace_id=project.workspace_id,
        api_root=settings.MIXPANEL_API_ROOT,
        timeout=settings.MIXPANEL_TIMEOUT,
    )


def record(
    reservation: Reservation,
    answered: Answer | Failure,
    subject: str,
    keep: Callable[[Answer | Failure, Project, datetime], None] | None,
) -> None:
    failure = answered if isinstance(answered, Failure) else None
    with transaction.atomic(durable=True):
        project = Project.objects.select_for_update().get(pk=reservation.project_id)
        now = end_call(
            reservation,
            outcome=failure.kind if failure else "ok",
            message=failure.message if failure else "",
            gave_up=failure.gave_up if failure else False,
            counts=failure.counts if failure else True,
        )
        if failure and not failure.counts:
            project.full_until = None
        if reservation.counts and reservation.speaks_for_project:
            back_off(project, now, failure, trial=reservation.trial)
        if keep:
            keep(answered, project, now)
        project.save(update_fields=PROJECT_FIELDS)
    log(reservation, subject, failure, now)
    recorded.send(None, project_id=reservation.project_id)
    pruning.prune_hourly(now)


def back_off(project: Project, now: datetime, failure: Failure | None, *, trial: bool) -> None:
    """Begins or ends the project's backoff after a call, or changes nothing. The caller saves the project.

    `trial`: see `Reservation`.
    """
    begun_before = (
        project.backoff_count > 0 and project.backoff_until is not None and project.backoff_until > now and not trial
    )
    if begun_before and (failure is None or failure.kind in REQUEST_ERRORS or failure.kind == ErrorKind.LIMIT):
        # This call started before the backoff began, so its result neither ends nor prolongs the backoff.
        if failure is not None:
            learn(project, failure.limits, now)
        return
    if failure is None or failure.kind in REQUEST_ERRORS:
        backoff.end_backoff(project)
    elif failure.backs_off_project:
        learn(project, failure.limits, now)
        too_many = failure.limits.too_many_at_once
        backoff.back_off_project(project, now, failure.kind, failure.message, too_many_at_once=too_many)
    elif trial:
        # The trial did not show whether Mixpanel accepts queries again, so the next query is another trial.
        project.backoff_until = now


def learn(project: Project, limits: Limits, now: datetime) -> None:
    """Stores the limits that Mixpanel named when it refused a call (see `Project.effective_hourly`)."""
    if limits.hourly is None and limits.concurrent is None:
        return
    hourly, concurrent = project.learned
    project.learned_hourly = limits.hourly or hourly
    project.learned_concurrent = limits.concurrent or concurrent
    project.learned_at = now


def log_not_refreshed(project_id: int, problem: str) -> None:
    """Logs at most one line per project, minute and process, because each poll of stale data calls this function."""
    if cache.add(f"secret-warning-{project_id}", True, LOG_EVERY_SECONDS):
        logger.warning("project=%s is not refreshed: %s", project_id, problem)


def log(reservation: Reservation, subject: str, failure: Failure | None, now: datetime) -> None:
    """Logs one line about the call, without any text from Mixpanel."""
    logger.log(
        logging.WARNING if failure else logging.INFO,
        "query project=%s %s ms=%.0f outcome=%s",
        reservation.project_id,
        f"{subject} parts={len(reservation.parts)}" if len(reservation.parts) > 1 else subject,
        (now - reservation.started_at).total_seconds() * 1000,
        failure.kind if failure else "ok",
    )


def sentences(*parts: str) -> str:
    """Joins the parts that are not empty. A part that does not end with `.`, `!` or `?` gets a full stop."""
    whole = (part.strip() for part in parts)
    return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in whole if part)

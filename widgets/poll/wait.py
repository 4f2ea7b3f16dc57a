"""Lets a poll wait for data that is missing or too old."""

import random
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from widgets.models import Project, Snapshot
from widgets.models.call import Purpose
from widgets.poll.row import PollRow
from widgets.refresh import background, slots
from widgets.refresh.answering import is_only_thread
from widgets.refresh.queue import enqueue
from widgets.refresh.quota import Refusal, running
from widgets.refresh.run import RefreshOutcome, refresh

CHECK_SECONDS = 0.05
"""The mean time between two checks for new data, which another thread, process or host might store."""

RETRIED = (Refusal.LEASED, Refusal.CONCURRENT_LIMIT)
"""After these refusals, a waiting poll requests the refresh again, because their reasons soon disappear."""

Asked = Future[RefreshOutcome | Refusal]
"""The outcome of a requested refresh. With Celery, the future never gets a result."""


@dataclass(frozen=True, slots=True)
class State:
    """A snapshot's state. `leased`: a refresh is running. `is_blocked`: an error or a limit prevents a refresh."""

    fetched_at: datetime | None
    leased: bool
    is_blocked: bool
    project: Project


def wait_for_data(row: PollRow) -> None:
    """Waits until newer data is stored or no refresh can bring newer data, for about POLL_WAIT seconds at most.

    If there are neither background threads nor Celery, this thread refreshes the data itself, which can take longer.
    Returns at once if too many polls of this process wait already, or if this thread alone answers polls and the
    refresh can run elsewhere.
    """
    if is_only_thread() and (settings.TASKS == "celery" or background.threads()):
        return
    with slots.polls.acquire() as has_slot:
        if has_slot:
            wait(row)


def wait(row: PollRow) -> None:
    deadline = time.monotonic() + settings.POLL_WAIT
    asked: Asked | None = None
    while (state := state_of(row.snapshot_id)) and state.fetched_at == row.fetched_at:
        if asked is not None and asked.done():
            if asked.cancelled() or asked.result() not in RETRIED:
                return
            asked = None
        if not state.leased:
            if state.is_blocked:
                return
            if asked is None and (settings.TASKS == "celery" or below_limit(state.project)):
                asked = ask(row)
        if time.monotonic() >= deadline:
            return
        # The random pause keeps waiting polls from checking at the same time.
        time.sleep(CHECK_SECONDS * random.uniform(0.6, 1.4))  # noqa: S311 - no secret


def ask(row: PollRow) -> Asked:
    """Requests a refresh from a Celery worker or a background thread. If there is neither, this thread refreshes."""
    asked: Asked = Future()
    if settings.TASKS == "celery":
        if not enqueue(row.snapshot_id, row.fetched_at):
            asked.cancel()
        return asked
    if background.threads():
        return background.hand_over(row.snapshot_id, row.project_id, row.fetched_at)
    asked.set_result(refresh(row.snapshot_id, expected_fetched_at=row.fetched_at, purpose=Purpose.POLL))
    return asked


def below_limit(project: Project) -> bool:
    """Whether the concurrent limit allows another query. Takes no lock, so waiting polls don't block others."""
    return running(project, timezone.now()) < project.effective_concurrent


def state_of(snapshot_id: int) -> State | None:
    snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=snapshot_id).first()
    if snapshot is None:
        return None
    now = timezone.now()
    project = snapshot.project
    waits = (snapshot.retry_at, project.backoff_until, project.full_until)
    return State(
        snapshot.fetched_at,
        leased=snapshot.lease_until is not None and snapshot.lease_until > now,
        is_blocked=any(until is not None and until > now for until in waits),
        project=project,
    )

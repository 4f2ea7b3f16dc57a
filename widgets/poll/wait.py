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
"""Seconds between two checks for data that another thread, process or host may store."""

RETRIED = (Refusal.LEASED, Refusal.CONCURRENT_LIMIT)
"""After these refusals a waiting poll tries again, because they end soon."""

Asked = Future[RefreshOutcome | Refusal]
"""The future of a refresh. A Celery worker gives it no result: the poll looks for the stored data instead."""


@dataclass(frozen=True, slots=True)
class State:
    """The refresh state of a snapshot."""

    fetched_at: datetime | None
    leased: bool
    held_back: bool
    project: Project


def wait_for_data(row: PollRow) -> None:
    """Waits until newer data is stored, or until no refresh is running and none may start, but at most POLL_WAIT.

    Returns at once when all of the process's few slots are taken. Also returns at once in the only thread of a process
    when other threads or workers refresh, because no other poll would be answered while it waits.
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
            if state.held_back:
                return
            if asked is None and (settings.TASKS == "celery" or below_limit(state.project)):
                asked = ask(row)
        if time.monotonic() >= deadline:
            return
        # A random pause, so that many waiting polls don't check at the same time.
        time.sleep(CHECK_SECONDS * random.uniform(0.6, 1.4))  # noqa: S311 - no secret


def ask(row: PollRow) -> Asked:
    """Starts a refresh: in a Celery worker, in a background thread, or else in this thread before it returns."""
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
    """Whether the concurrent limit allows another query. Takes no lock, so waiting polls don't block each other."""
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
        held_back=any(until is not None and until > now for until in waits),
        project=project,
    )

"""How a poll gets data that isn't there yet, or is too old to answer with."""

import random
import time
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from widgets.models import Project, Snapshot
from widgets.poll.row import PollRow
from widgets.refresh import background, slots
from widgets.refresh.answering import is_only_thread
from widgets.refresh.queue import enqueue
from widgets.refresh.quota import Refusal, running
from widgets.refresh.run import Outcome, refresh

LOOK_AGAIN = 0.05
"""Seconds between two looks for data that another thread, process or host fetches."""

WORTH_WAITING = (Refusal.LEASED, Refusal.BUSY)

Asked = Future[Outcome | Refusal]
"""How a refresh that was asked for ends. A worker's is never done: its data says so."""


@dataclass(frozen=True, slots=True)
class State:
    """How a snapshot's refreshing stands."""

    fetched_at: datetime | None
    leased: bool
    held_back: bool
    project: Project


def wait_for_data(row: PollRow) -> None:
    """Returns once there is newer data, or none will come soon, or POLL_WAIT is over.

    Waits only while a refresh is running or may start, and only in one of the process's few slots: a poll
    that gets none goes on at once with what there is. So does the poll of a process's only thread, where others
    refresh: nobody else would be answered meanwhile.
    """
    if is_only_thread() and (settings.TASKS == "celery" or background.threads()):
        return
    with slots.polls.take() as has_slot:
        if has_slot:
            wait(row)


def wait(row: PollRow) -> None:
    deadline = time.monotonic() + settings.POLL_WAIT
    asked: Asked | None = None
    while (state := state_of(row.snapshot_id)) and state.fetched_at == row.fetched_at:
        if asked is not None and asked.done():
            if asked.cancelled() or asked.result() not in WORTH_WAITING:
                return
            asked = None
        if not state.leased:
            if state.held_back:
                return
            if asked is None and (settings.TASKS == "celery" or has_room(state.project)):
                asked = ask(row)
        if time.monotonic() >= deadline:
            return
        # Uneven, so that many who wait for one free place do not all look at the same time.
        time.sleep(LOOK_AGAIN * random.uniform(0.6, 1.4))  # noqa: S311 - no secret


def ask(row: PollRow) -> Asked:
    """Has the data fetched: by a worker, by a thread of this process, or by this one where there is none."""
    asked: Asked = Future()
    if settings.TASKS == "celery":
        if not enqueue(row.snapshot_id, row.fetched_at):
            asked.cancel()
        return asked
    if background.threads():
        return background.hand_over(row.snapshot_id, row.project_id, row.fetched_at)
    asked.set_result(refresh(row.snapshot_id, expected_fetched_at=row.fetched_at, purpose="poll"))
    return asked


def has_room(project: Project) -> bool:
    """A look without a lock, so that many who wait do not queue for the project's row."""
    return running(project, timezone.now()) < project.effective_concurrent


def state_of(snapshot_id: int) -> State | None:
    snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=snapshot_id).first()
    if snapshot is None:
        return None
    now = timezone.now()
    project = snapshot.project
    holds = (snapshot.retry_at, project.backoff_until, project.full_until)
    return State(
        snapshot.fetched_at,
        leased=snapshot.lease_until is not None and snapshot.lease_until > now,
        held_back=any(until is not None and until > now for until in holds),
        project=project,
    )

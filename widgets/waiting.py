"""How a poll gets data that isn't there yet, or is too old to answer with."""

import random
import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from .lookup import Found
from .models import Project, Snapshot
from .quota import Refusal, running
from .refresh import refresh
from .tasks import enqueue

LOOK_AGAIN = 0.05
"""Seconds between two looks for data that somebody else fetches."""

WORTH_WAITING = (Refusal.LEASED, Refusal.BUSY)


@dataclass(frozen=True, slots=True)
class State:
    """How a snapshot's refreshing stands."""

    fetched_at: datetime | None
    leased: bool
    held_back: bool
    project: Project


def obtain(found: Found) -> None:
    """Returns once there is newer data, or none will come soon, or POLL_WAIT is over.

    Waits only while a refresh is running or may start. With TASKS=inline the poll runs the query itself
    when nobody does yet, and that one query it waits for.
    """
    deadline = time.monotonic() + settings.POLL_WAIT
    seen = found.fetched_at
    queued = False
    while (state := state_of(found.snapshot_id)) and state.fetched_at == seen:
        if not state.leased:
            if state.held_back:
                return
            if settings.TASKS == "celery":
                queued = queued or enqueue(found.snapshot_id, seen)
                if not queued:
                    return
            elif has_room(state.project) and (
                refresh(found.snapshot_id, seen=seen, purpose="poll") not in WORTH_WAITING
            ):
                return
        if time.monotonic() >= deadline:
            return
        # Uneven, so that many who wait for one free place do not all look at the same time.
        time.sleep(LOOK_AGAIN * random.uniform(0.6, 1.4))  # noqa: S311 - no secret


def has_room(project: Project) -> bool:
    """A look without a lock, so that many who wait do not queue for the project's row."""
    return running(project, timezone.now()) < project.effective_concurrent


def state_of(snapshot_id: int) -> State | None:
    snapshot = Snapshot.objects.select_related("project").defer("report_json").filter(pk=snapshot_id).first()
    if snapshot is None:
        return None
    now = timezone.now()
    project = snapshot.project
    holds = (snapshot.retry_at, project.held_until, project.full_until)
    return State(
        snapshot.fetched_at,
        leased=snapshot.lease_until is not None and snapshot.lease_until > now,
        held_back=any(until is not None and until > now for until in holds),
        project=project,
    )

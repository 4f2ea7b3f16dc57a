"""Lets a poll wait for data that is missing or too old."""

import random
import time
from concurrent.futures import Future

from django.conf import settings
from django.utils import timezone

from widgets.models import Project
from widgets.models.call import Purpose
from widgets.poll.row import PollRow, find
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


def wait_for_data(slug: str, format: str, row: PollRow) -> None:
    """Waits until newer data is stored, no refresh can bring newer data, or the widget has another query.

    Waits for about POLL_WAIT seconds at most. `row`: what `find` returned before the wait.

    If there are neither background threads nor Celery, this thread refreshes the data itself, which can take longer.
    Returns at once if too many polls of this process wait already, or if this thread alone answers polls and the
    refresh can run elsewhere.
    """
    if is_only_thread() and (settings.TASKS == "celery" or background.threads()):
        return
    with slots.polls.acquire() as has_slot:
        if has_slot:
            wait(slug, format, row)


def wait(slug: str, format: str, row: PollRow) -> None:
    deadline = time.monotonic() + settings.POLL_WAIT
    asked: Asked | None = None
    while (found := find(slug, format)) and (found.snapshot_id, found.fetched_at) == (row.snapshot_id, row.fetched_at):
        if asked is not None and asked.done():
            if asked.cancelled() or asked.result() not in RETRIED:
                return
            asked = None
        now = timezone.now()
        if not found.is_leased(now):
            if found.blocked_until(now):
                return
            if asked is None and (settings.TASKS == "celery" or below_limit(row.project_id)):
                asked = ask(row)
        if time.monotonic() >= deadline:
            return
        # The pause is random, so that waiting polls do not all check at the same time.
        time.sleep(CHECK_SECONDS * random.uniform(0.6, 1.4))  # noqa: S311 - no secret


def ask(row: PollRow) -> Asked:
    """Requests a refresh from a Celery worker or a background thread. If there is neither, this thread refreshes."""
    asked: Asked = Future()
    if settings.TASKS == "celery":
        if not enqueue(row.snapshot_id, row.fetched_at):
            asked.cancel()
        return asked
    if background.threads():
        return background.refresher.hand_over(row.snapshot_id, row.project_id, row.fetched_at)
    asked.set_result(refresh(row.snapshot_id, expected_fetched_at=row.fetched_at, purpose=Purpose.POLL))
    return asked


def below_limit(project_id: int) -> bool:
    """Whether the concurrent limit allows another query. Takes no lock, so waiting polls don't block others."""
    project = Project.objects.filter(pk=project_id).first()  # None if the project was deleted meanwhile
    return project is not None and running(project, timezone.now()) < project.effective_concurrent

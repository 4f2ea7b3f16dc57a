"""What people may still ask in a project's hour, and in plain words why something can't be asked now."""

from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from widgets.models import Project
from widgets.refresh.clock import database_now
from widgets.refresh.quota import Refusal, started_within
from widgets.refresh.usage import next_free
from widgets.times import from_now

KEPT_BACK = 6
"""Nothing is asked by itself for people once less than one in so many of the hour's queries is left."""


class Allowance(NamedTuple):
    """`left` of `limit` queries in this hour; `next_at`: when the next one is free, where none is left."""

    left: int
    limit: int
    next_at: datetime | None

    @property
    def is_scarce(self) -> bool:
        return self.left * KEPT_BACK < self.limit


def allowance(project: Project) -> Allowance:
    """Counted over everybody; people may spend what polls leave alone too."""
    now, limit = database_now(), project.effective_hourly
    used = started_within(project, now).count()
    return Allowance(max(0, limit - used), limit, next_free(project, now, used, limit))


def why_not(project: Project, refusal: Refusal) -> str:
    """A sentence or two for whoever wanted to ask. `project` as it stands after the refusal."""
    if refusal is Refusal.NO_CREDENTIALS:
        return project.secret_problem
    if refusal is Refusal.HELD:
        return " ".join(
            filter(None, (project.backoff_message, until(project.backoff_until, "Mixpanel is asked again")))
        )
    if refusal is Refusal.HOUR:
        hour = allowance(project)
        used = f"This project's queries of the hour are used up ({hour.limit} of {hour.limit})."
        return f"{used} {until(hour.next_at, 'The next one is free')}".strip()
    if refusal is Refusal.BUSY:
        return "As many queries of this project are running as Mixpanel allows at once. Try again in a moment."
    if refusal is Refusal.LEASED:
        return "Mixpanel is being asked this right now, for somebody else. Try again in a moment."
    return f"This {refusal.value}. Try again in a moment."


def until(then: datetime | None, words: str) -> str:
    now = timezone.now()
    return f"{words} {from_now(then, now)}." if then and then > now else ""

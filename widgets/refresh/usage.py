"""Usage: how many of its hourly queries a project has spent, who spent them, and why Mixpanel can't be asked now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from widgets.freshness import for_polls
from widgets.models import Project
from widgets.models.call import Purpose
from widgets.refresh.clock import database_now
from widgets.refresh.quota import HOUR, Refusal, started_within
from widgets.times import from_now

SCARCE_SHARE = 6
"""Nothing is asked by itself for people once less than one in so many of the hour's queries is left."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The last 60 minutes: `used` of `limit` queries, counted over everybody.

    `free_at` is when a person may start the next query, `polls_at` when a poll may; None: now.
    """

    limit: int
    used: int
    free_at: datetime | None
    polls_at: datetime | None

    @property
    def for_polls(self) -> int:
        return for_polls(self.limit)

    @property
    def kept(self) -> int:
        """How many of the limit are kept for people."""
        return self.limit - self.for_polls

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def left_for_polls(self) -> int:
        return max(0, self.for_polls - self.used)

    @property
    def is_scarce(self) -> bool:
        return self.left * SCARCE_SHARE < self.limit


def usage_of(project: Project) -> Usage:
    now, limit = database_now(), project.effective_hourly
    used = started_within(project, now).count()
    free_at, polls_at = (next_free(project, now, used, most) for most in (limit, for_polls(limit)))
    return Usage(limit, used, free_at, polls_at)


def next_free(project: Project, now: datetime, used: int, limit: int) -> datetime | None:
    """When so many of the hour's queries are over that one more may start; None: it may start now."""
    if used < limit:
        return None
    starts = started_within(project, now).order_by("started_at").values_list("started_at", flat=True)
    return starts[used - limit] + HOUR


def spent_by(project: Project, reader: Any) -> dict[str, int]:
    """Who spent how many queries of the hour, the most first, in the words for `reader`, the user who looks at it."""
    spent: dict[str, int] = {}
    rows = started_within(project, database_now()).values_list("purpose", "user_id", "user__username")
    for purpose, user_id, username, count in rows.annotate(Count("pk")):
        who = caller(purpose, is_reader=user_id == reader.pk, username=username)
        spent[who] = spent.get(who, 0) + count
    return dict(sorted(spent.items(), key=lambda each: (-each[1], each[0])))


def caller(purpose: str, *, is_reader: bool, username: str | None) -> str:
    """Who made a call of the ledger, in words."""
    if purpose == Purpose.PERSON:
        return "you" if is_reader else username or "people"
    return str(Purpose(purpose).label)


def why_not(project: Project, refusal: Refusal) -> str:
    """A sentence or two for whoever wanted to ask."""
    if refusal is Refusal.NO_CREDENTIALS:
        return project.secret_problem
    if refusal is Refusal.HELD:
        project.refresh_from_db()
        return " ".join(
            filter(None, (project.backoff_message, until(project.backoff_until, "Mixpanel is asked again")))
        )
    if refusal is Refusal.HOUR:
        usage = usage_of(project)
        used = f"This project's queries of the hour are used up ({usage.limit} of {usage.limit})."
        return f"{used} {until(usage.free_at, 'The next one is free')}".strip()
    if refusal is Refusal.BUSY:
        return "As many queries of this project are running as Mixpanel allows at once. Try again in a moment."
    if refusal is Refusal.LEASED:
        return "Mixpanel is being asked this right now, for somebody else. Try again in a moment."
    return f"This {refusal.value}. Try again in a moment."


def until(then: datetime | None, words: str) -> str:
    now = timezone.now()
    return f"{words} {from_now(then, now)}." if then and then > now else ""

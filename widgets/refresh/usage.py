"""Usage: how many queries a project used in the last hour, which callers used them, and why a query must wait."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from widgets.models import Project
from widgets.models.call import Purpose
from widgets.refresh.clock import database_now
from widgets.refresh.quota import COUNTED_FOR, Refusal, started_within
from widgets.reports.freshness import for_polls
from widgets.times import from_now

SCARCE_SHARE = 6
"""Queries are scarce when less than 1/6 of the hourly limit is left. Then previews run only on request."""


@dataclass(frozen=True, slots=True)
class Usage:
    """`limit`: the hourly limit. `used`: the number of queries in the last hour, by all callers.

    `free_at`: when a person can start the next query. `polls_at`: when a poll can start it. None means now.
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
        """The number of queries reserved for people."""
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
    starts = list(started_within(project, now).order_by("started_at").values_list("started_at", flat=True))
    return Usage(limit, len(starts), next_free(starts, limit), next_free(starts, for_polls(limit)))


def next_free(starts: list[datetime], limit: int) -> datetime | None:
    """The time when the next query can start under this limit, or None for now. `starts`: oldest first."""
    return starts[-limit] + COUNTED_FOR if len(starts) >= limit else None


def spent_by(project: Project, reader: Any) -> dict[str, int]:
    """Returns a caller's name → its number of queries in the last hour, the largest number first.

    `reader`: the user who looks at the page, named “you” in the result.
    """
    spent: dict[str, int] = {}
    rows = started_within(project, database_now()).values_list("purpose", "user_id", "user__username")
    for purpose, user_id, username, count in rows.annotate(Count("pk")):
        name = caller(purpose, is_reader=user_id == reader.pk, username=username)
        spent[name] = spent.get(name, 0) + count
    return dict(sorted(spent.items(), key=lambda each: (-each[1], each[0])))


def caller(purpose: str, *, is_reader: bool, username: str | None) -> str:
    """The name of the person who made a call, or the label of the call's purpose if no person is known."""
    if purpose == Purpose.PERSON:
        return "you" if is_reader else username or "people"
    return str(Purpose(purpose).label)


def why_not(project: Project, refusal: Refusal) -> str:
    """Explains the refusal to the person who requested the query."""
    if refusal is Refusal.NO_CREDENTIALS:
        return project.secret_problem
    if refusal is Refusal.BACKOFF:
        project.refresh_from_db()
        return f"{project.backoff_message} {until(project.backoff_until, 'MixCyfe queries Mixpanel again')}".strip()
    if refusal is Refusal.HOURLY_LIMIT:
        usage = usage_of(project)
        used = f"This project's queries for this hour are used up ({usage.limit} of {usage.limit})."
        return f"{used} {until(usage.free_at, 'The next query is possible')}".strip()
    if refusal is Refusal.CONCURRENT_LIMIT:
        return "This project already runs as many queries as Mixpanel allows at once. Try again in a moment."
    if refusal is Refusal.LEASED:
        return "Another request is sending the same query to Mixpanel. Try again in a moment."
    return f"This query {refusal.value}. Try again in a moment."


def until(then: datetime | None, words: str) -> str:
    now = timezone.now()
    return f"{words} {from_now(then, now)}." if then and then > now else ""

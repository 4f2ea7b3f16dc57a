"""A project's rolling hour as people read it: how many queries it had, who spent them, when the next is free."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count

from widgets.freshness import for_polls
from widgets.models import Project
from widgets.refresh.quota import HOUR, started_within

WHO = {"poll": "Cyfe's polls", "command": "refresh_widgets"}
"""Purposes of the ledger that are nobody's own; all others are people's."""


@dataclass(frozen=True, slots=True)
class Hour:
    """`used` of `limit`, of which `kept` are for people; `spent` is who spent how many, the most first.

    `free_at` is when a person may start the next query, `polls_at` when a poll may; None: now.
    """

    limit: int
    used: int
    kept: int
    spent: tuple[tuple[str, int], ...]
    free_at: datetime | None
    polls_at: datetime | None

    @property
    def for_polls(self) -> int:
        return self.limit - self.kept

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def left_for_polls(self) -> int:
        return max(0, self.for_polls - self.used)


def hour_of(project: Project, now: datetime, reader: Any) -> Hour:
    """The hour before `now`, in the words for `reader`, the user who looks at it."""
    limit = project.effective_hourly
    rows = started_within(project, now).values_list("purpose", "user_id", "user__username").annotate(Count("pk"))
    spent: dict[str, int] = {}
    for purpose, user_id, username, count in rows:
        who = WHO.get(purpose) or ("you" if user_id == reader.pk else username or "people")
        spent[who] = spent.get(who, 0) + count
    used = sum(spent.values())
    return Hour(
        limit=limit,
        used=used,
        kept=limit - for_polls(limit),
        spent=tuple(sorted(spent.items(), key=lambda each: (-each[1], each[0]))),
        free_at=next_free(project, now, used, limit),
        polls_at=next_free(project, now, used, for_polls(limit)),
    )


def next_free(project: Project, now: datetime, used: int, limit: int) -> datetime | None:
    """When so many of the hour's queries are over that one more may start; None: it may start now."""
    if used < limit:
        return None
    starts = started_within(project, now).order_by("started_at").values_list("started_at", flat=True)
    return starts[used - limit] + HOUR

"""How long data stays fresh: as long as nothing can have changed, and as the project's limit can carry."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from widgets.reports import Query
from widgets.reports.ranges import DAY, Range

OVER_SECONDS = 6 * 3600
"""A range that is over is asked again this often, for events that arrive late."""

OLDEST_SECONDS = 3600
"""Up to this age, or three intervals, old data is answered without a wait."""

RESERVE_SHARE = 12
"""One call in so many of the hour is kept for people in the admin: 5 of 60."""

POLLED_WITHIN = timedelta(days=1)
"""What nobody polled for so long costs nothing."""


class Due(NamedTuple):
    """Data is stale from `at` on. `interval`: seconds between two queries, stretched by the interval factor."""

    at: datetime
    interval: float


def due(
    fetched_at: datetime,
    rolls_at: datetime | None,
    *,
    widget_minutes: Iterable[float | None],
    project_minutes: float,
    interval_factor: float,
) -> Due:
    """When data is to be asked for again: when the first of its widgets wants newer data.

    `rolls_at`: when the range moves; None for what includes today, saved reports and top events. `widget_minutes`: the
    `refresh_minutes` of each active widget that shows the data.
    """
    found = []
    for minutes in set(widget_minutes) or {None}:
        interval = base_interval(minutes, project_minutes, over=rolls_at is not None) * interval_factor
        at = fetched_at + timedelta(seconds=interval)
        found.append(Due(min(at, rolls_at) if rolls_at and minutes is None else at, interval))
    return min(found)


def is_stale(due_at: datetime | None, now: datetime) -> bool:
    return due_at is None or now >= due_at


def is_too_old(fetched_at: datetime, due_at: datetime | None, interval: float, now: datetime) -> bool:
    """Whether a poll should rather wait for new data than answer with this."""
    return is_stale(due_at, now) and (now - fetched_at).total_seconds() > max(OLDEST_SECONDS, 3 * interval)


def base_interval(widget_minutes: float | None, project_minutes: float, *, over: bool) -> float:
    if widget_minutes is not None:
        return widget_minutes * 60
    return OVER_SECONDS if over else project_minutes * 60


def rolls_at(query: Query, today: date, zone: ZoneInfo) -> datetime | None:
    """The project's midnight after `today` where the range is over by then, else None."""
    if "range" not in query or not Range.from_dict(query["range"]).is_over(today):
        return None
    return datetime.combine(today + DAY, time.min, tzinfo=zone)


def for_polls(hourly_limit: int) -> int:
    """How many of the hour's calls polls and workers may spend."""
    return hourly_limit - hourly_limit // RESERVE_SHARE


def interval_factor_for(queries: Iterable[tuple[float, bool]], hourly_limit: int) -> float:
    """By what every interval grows so that the hour's calls carry all queries, each `(interval, over)`."""
    demand = sum(3600 / interval + (1 / 24 if over else 0) for interval, over in queries)
    # A twentieth stays free for what fails and is asked again.
    return max(1.0, demand / (for_polls(hourly_limit) * 0.95))

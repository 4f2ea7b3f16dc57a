"""How long data stays fresh, and how much longer when a project has too many queries for its limit."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from widgets.reports import Query
from widgets.reports.ranges import DAY, Range

OVER_SECONDS = 6 * 3600
"""The interval for ranges that are over. Their data may still change, because some events arrive late."""

OLDEST_SECONDS = 3600
"""Up to this age, or up to three intervals if they are longer, a poll answers with old data without waiting."""

RESERVE_SHARE = 12
"""1 in 12 calls per hour is reserved for people in the admin: 5 of 60."""

POLLED_WITHIN = timedelta(days=1)
"""A widget that was not polled for this long costs no queries."""


class Due(NamedTuple):
    """Data is stale from `at` on. `interval`: seconds between two queries, including the interval factor."""

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
    """When a snapshot becomes stale: as soon as one of its widgets needs newer data.

    `rolls_at`: the time when the range moves; None for ranges that include today, saved reports and top events.
    `widget_minutes`: the `refresh_minutes` of each active widget that shows the data.
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
    """Whether a poll should wait for new data instead of answering with this data."""
    return is_stale(due_at, now) and (now - fetched_at).total_seconds() > max(OLDEST_SECONDS, 3 * interval)


def base_interval(widget_minutes: float | None, project_minutes: float, *, over: bool) -> float:
    if widget_minutes is not None:
        return widget_minutes * 60
    return OVER_SECONDS if over else project_minutes * 60


def rolls_at(query: Query, today: date, zone: ZoneInfo) -> datetime | None:
    """The next midnight in the project's time zone if the range ended before `today`, else None."""
    if "range" not in query or not Range.from_dict(query["range"]).is_over(today):
        return None
    return datetime.combine(today + DAY, time.min, tzinfo=zone)


def for_polls(hourly_limit: int) -> int:
    """How many calls per hour polls and workers may make."""
    return hourly_limit - hourly_limit // RESERVE_SHARE


def demand(calls: Iterable[tuple[float, bool]]) -> float:
    """Calls per hour. `calls`: `(interval in seconds, range is over)` per call.

    A range that is over moves once per day, which needs one call more per day.
    """
    return sum(3600 / interval + (1 / 24 if over else 0) for interval, over in calls)


def interval_factor_for(calls_per_hour: float, hourly_limit: int) -> float:
    """The factor that stretches all intervals when the project needs more calls than its limit; at least 1."""
    # 5 % of the calls stay free for retries.
    return max(1.0, calls_per_hour / (for_polls(hourly_limit) * 0.95))

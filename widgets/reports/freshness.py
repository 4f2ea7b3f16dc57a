"""Computes when data becomes stale, and stretches refresh intervals in projects that need too many calls per hour."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from widgets.reports import Query
from widgets.reports.ranges import DAY, Range

OVER_SECONDS = 6 * 3600
"""The refresh interval for ranges that ended before today, if the widget has no interval of its own. Events that arrive
late can still change these numbers."""

OLDEST_SECONDS = 3600
"""A poll waits for new data if the stored data is stale and is older than both this limit and three
refresh intervals."""

RESERVE_SHARE = 12
"""One of 12 calls per hour is reserved for people who work in the admin: 5 of 60 calls."""

POLLED_WITHIN = timedelta(days=1)
"""A widget counts as unused if it was not polled within this time. `refresh_widgets` skips it, except with `--all`."""


class Due(NamedTuple):
    """`at`: when data becomes stale. `interval`: seconds between two refreshes, with the interval factor applied."""

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
    """When a snapshot (the stored data of one query) becomes stale: as soon as one of its widgets needs newer data.

    `rolls_at`: the result of the function `rolls_at`. `widget_minutes`: the setting `refresh_minutes` of each active
    widget that shows the data; None for a widget without an interval of its own.
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
    """Whether the stored data is so old that a poll should wait for newer data."""
    return is_stale(due_at, now) and (now - fetched_at).total_seconds() > max(OLDEST_SECONDS, 3 * interval)


def base_interval(widget_minutes: float | None, project_minutes: float, *, over: bool) -> float:
    """The refresh interval in seconds, without the interval factor.

    `over`: whether the query's range ended before today.
    """
    if widget_minutes is not None:
        return widget_minutes * 60
    return OVER_SECONDS if over else project_minutes * 60


def rolls_at(query: Query, today: date, zone: ZoneInfo) -> datetime | None:
    """The midnight after `today` in the project's time zone, if the query's range ended before `today`. At that
    midnight, a relative range can move on. None for other queries."""
    if "range" not in query or not Range.from_dict(query["range"]).is_over(today):
        return None
    return datetime.combine(today + DAY, time.min, tzinfo=zone)


def for_polls(hourly_limit: int) -> int:
    """The calls per hour that polls and workers can make: the hourly limit without the calls reserved for people."""
    return hourly_limit - hourly_limit // RESERVE_SHARE


def demand(calls: Iterable[tuple[float, bool]]) -> float:
    """The calls per hour that refreshes need. `calls`: each call's interval in seconds, and whether its range is over
    (ended before today). Data of a range that is over also becomes stale at midnight: one more call per day."""
    return sum(3600 / interval + (1 / 24 if over else 0) for interval, over in calls)


def interval_factor_for(calls_per_hour: float, hourly_limit: int) -> float:
    """The factor that stretches refresh intervals if a project needs more calls than its limit; at least 1."""
    # 5 % of the calls stay free for retries.
    return max(1.0, calls_per_hour / (for_polls(hourly_limit) * 0.95))

"""How long data stays fresh: as long as nothing can have changed, and as the project's limit can carry."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from widgets.reports import Question
from widgets.reports.ranges import DAY, Range

OVER_SECONDS = 6 * 3600
"""A range that is over is asked again this often, for events that arrive late."""

OLDEST_SECONDS = 3600
"""Up to this age, or three intervals, old data is answered without a wait."""

RESERVE_SHARE = 12
"""One call in so many of the hour is kept for people in the admin: 5 of 60."""

POLLED_WITHIN = timedelta(days=1)
"""What nobody polled for so long costs nothing."""


class Freshness(NamedTuple):
    """`interval` in seconds, stretched; data is fresh before `until`."""

    interval: float
    until: datetime

    def is_stale(self, now: datetime) -> bool:
        return now >= self.until

    def is_too_old(self, now: datetime, fetched_at: datetime) -> bool:
        """Whether a poll should rather wait for new data than answer with this."""
        return (now - fetched_at).total_seconds() > max(OLDEST_SECONDS, 3 * self.interval)


def freshness(
    fetched_at: datetime,
    rolls_at: datetime | None,
    *,
    widget_minutes: float | None,
    project_minutes: float,
    stretch: float,
) -> Freshness:
    """`rolls_at` is when the range moves; None for what includes today, saved reports and top events."""
    interval = base_interval(widget_minutes, project_minutes, over=rolls_at is not None) * stretch
    until = fetched_at + timedelta(seconds=interval)
    if rolls_at and widget_minutes is None:
        until = min(until, rolls_at)
    return Freshness(interval, until)


def base_interval(widget_minutes: float | None, project_minutes: float, *, over: bool) -> float:
    if widget_minutes is not None:
        return widget_minutes * 60
    return OVER_SECONDS if over else project_minutes * 60


def rolls_at(question: Question, today: date, zone: ZoneInfo) -> datetime | None:
    """The project's midnight after `today` where the range is over by then, else None."""
    if "range" not in question or not Range.from_dict(question["range"]).is_over(today):
        return None
    return datetime.combine(today + DAY, time.min, tzinfo=zone)


def for_polls(hourly_limit: int) -> int:
    """How many of the hour's calls polls and workers may spend."""
    return hourly_limit - hourly_limit // RESERVE_SHARE


def stretch_for(queries: Iterable[tuple[float, bool]], hourly_limit: int) -> float:
    """By what every interval grows so that the hour's calls carry all queries, each `(interval, over)`."""
    demand = sum(3600 / interval + (1 / 24 if over else 0) for interval, over in queries)
    # A twentieth stays free for what fails and is asked again.
    return max(1.0, demand / (for_polls(hourly_limit) * 0.95))

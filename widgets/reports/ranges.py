"""Turns a widget's relative range ("the last 30 days") into its first day, last day and buckets.

A bucket is a day, week or month, identified by its first day. Weeks start on Monday. A range by hour has days as its
buckets, and `insights.hours` reads the hours from the answer.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, Self

from widgets.spec import WidgetSpec

DAY = timedelta(days=1)

LONGEST_BY_DAY = 366
"""The maximum number of days in a query by day. Mixpanel limits Insights to 12 months."""

MOST_DAYS_BY_HOUR = 31
"""Mixpanel's limit for numbers by hour."""


class Dates(NamedTuple):
    """The first and last day of a query, and the first day of every bucket, ascending. A bucket begins on `first`."""

    first: date
    last: date
    buckets: tuple[date, ...]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> date:
        """The first day of the period before, which has as many days."""
        return self.first - self.days * DAY


@dataclass(frozen=True, slots=True)
class Range:
    """The range of a query: relative to today, or between two fixed dates.

    `resolve` leaves out a week or month that is only partly in the range. It keeps the current week or month, and a
    week or month that is the only one.
    """

    kind: str = "last"
    unit: str = "day"
    last: int = 30
    include_today: bool = False
    from_date: date | None = None
    to_date: date | None = None

    @classmethod
    def of(cls, spec: WidgetSpec) -> Self:
        """A widget's range. A chart without dates needs the exact first and last day, so its range is by day. Only a
        range such as “the last 3 months” keeps its unit."""
        exact = spec.hides_dates and spec.range != "last"
        return cls(
            spec.range,
            "day" if exact else spec.unit,
            spec.last,
            spec.include_today,
            spec.from_date,
            spec.to_date,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON data with only the fields that this kind of range uses, so that equal ranges have equal JSON."""
        stored: dict[str, Any] = {"kind": self.kind, "unit": self.unit}
        if self.kind == "last":
            stored |= {"last": self.last, "include_today": self.include_today}
        elif self.kind == "fixed":
            stored |= {"from_date": str(self.from_date), "to_date": str(self.to_date)}
        return stored

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        dates: dict[str, Any] = {k: date.fromisoformat(stored[k]) for k in ("from_date", "to_date") if k in stored}
        return cls(**(stored | dates))

    @lru_cache(maxsize=1000)  # noqa: B019 - equal ranges share an entry
    def resolve(self, today: date, periods: int = 1) -> Dates:
        """The dates of the range on the day `today`. With `periods=2`, they include the period before: as many buckets
        as the range has, up to the day before the range."""
        start, end = self._ends(today)
        first = bucket_of(start, self.unit)
        buckets = buckets_between(first, end, self.unit)
        # A range within one bucket keeps that bucket. Without it, the range would be empty.
        if first < start and len(buckets) > 1:
            del buckets[0]
            first = buckets[0]
        if end < today and len(buckets) > 1 and next_bucket(buckets[-1], self.unit) - DAY > end:
            end = buckets.pop() - DAY
        for _ in range(len(buckets) * (periods - 1)):
            first = bucket_of(first - DAY, self.unit)
            buckets.insert(0, first)
        return Dates(first, end, tuple(buckets))

    def is_over(self, today: date) -> bool:
        """Whether the range ends before today, so that only events that arrive late can change its numbers."""
        return self.resolve(today).last < today

    def _ends(self, today: date) -> tuple[date, date]:
        if self.kind == "fixed":
            assert self.from_date and self.to_date  # `rules` has checked that both dates exist.
            return self.from_date, min(self.to_date, today)
        if self.kind == "last" and self.unit == "hour":
            return today - min(math.ceil(self.last / 24), MOST_DAYS_BY_HOUR - 1) * DAY, today
        if self.kind == "last":
            end = today if self.include_today else bucket_of(today, self.unit) - DAY
            start = bucket_of(end, self.unit)
            for _ in range(self.last - 1):
                start = bucket_of(start - DAY, self.unit)
            return start, end
        if self.kind.endswith("_to_date"):
            return bucket_of(today, self.kind.removesuffix("_to_date")), today
        period = self.kind.removeprefix("last_")
        end = bucket_of(today, period) - DAY
        return bucket_of(end, period), end


def bucket_of(day: date, unit: str) -> date:
    """The first day of the week, month, quarter or year that contains `day`. For any other unit, `day` itself."""
    match unit:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day


def next_bucket(first_day: date, unit: str) -> date:
    """The first day of the bucket that follows the bucket of `first_day`."""
    longest = {"hour": 1, "day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[unit]
    return bucket_of(first_day + timedelta(days=longest), unit)


def buckets_between(first: date, last: date, unit: str) -> list[date]:
    buckets = []
    while first <= last:
        buckets.append(first)
        first = next_bucket(first, unit)
    return buckets

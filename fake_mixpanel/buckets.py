"""Days grouped the way Mixpanel's answers are: by day, week (from Monday), month, or a number of days."""

from collections.abc import Iterator
from datetime import date, timedelta


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def start_of(day: date, unit: str) -> date:
    """The first day of the bucket that a day falls into."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def later(day: date, unit: str, number: int) -> date:
    """The start of the bucket that comes `number` buckets after the one of `day`; of what is beyond, the last date."""
    try:
        if unit == "month":
            months = day.year * 12 + day.month - 1 + number
            return date(months // 12, months % 12 + 1, 1)
        return day + timedelta(days=number * (7 if unit == "week" else 1))
    except (ValueError, OverflowError):
        return date.max


def buckets(first: date, last: date, unit: str, interval: int | None = None) -> dict[date, list[date]]:
    """Each bucket's first day, and those of its days that were asked for.

    With `interval` a bucket is that many days, counted from `first`, and `unit` does not matter.
    """
    grouped: dict[date, list[date]] = {}
    for number, day in enumerate(days_between(first, last)):
        key = day - timedelta(days=number % interval) if interval else start_of(day, unit)
        grouped.setdefault(key, []).append(day)
    return grouped


def clock(day: date, unit: str) -> Iterator[str]:
    """The keys of a day's hours or minutes."""
    for hour in range(24):
        if unit == "hour":
            yield f"{day} {hour:02d}:00:00"
        else:
            yield from (f"{day} {hour:02d}:{minute:02d}:00" for minute in range(60))

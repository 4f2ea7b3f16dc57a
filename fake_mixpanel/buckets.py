"""Groups days as Mixpanel does: by day, week (from Monday) or month, or by a number of days."""

from datetime import date, timedelta


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def start_of(day: date, unit: str) -> date:
    """Returns the first day of the bucket that contains `day`. `unit` is the bucket's length, for example "week"."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "month" else day


def later(day: date, unit: str, number: int) -> date:
    """Returns the first day of the bucket that is `number` buckets after the bucket that begins on `day`.

    `unit` is day, week or month.
    """
    if unit == "month":
        months = day.year * 12 + day.month - 1 + number
        return date(months // 12, months % 12 + 1, 1)
    return day + timedelta(days=number * (7 if unit == "week" else 1))


def buckets(days: list[date], unit: str, interval: int = 1) -> dict[date, list[date]]:
    """Returns the first day of each bucket → the bucket's days.

    A bucket has the length `unit`, or `interval` days if `interval` is above 1.
    """
    grouped: dict[date, list[date]] = {}
    for number, day in enumerate(days):
        key = start_of(day, unit) if interval == 1 else day - timedelta(days=number % interval)
        grouped.setdefault(key, []).append(day)
    return grouped

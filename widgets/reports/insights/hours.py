"""Reads numbers by hour, and lists the hours that the range covers."""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from widgets.report import Value
from widgets.reports.ranges import DAY, MOST_DAYS_BY_HOUR
from widgets.reports.reading import ReadError, must_be_day
from widgets.reports.report_type import Query, dates_of

HOUR = timedelta(hours=1)
MOST_HOURS = MOST_DAYS_BY_HOUR * 24


def read(
    shown: list[dict[str, Mapping[Any, Value]]], body: Mapping[str, Any], query: Query, today: date
) -> tuple[tuple[datetime, ...], list[dict[str, dict[datetime, Value]]]]:
    """The hours of the range, and for each metric the numbers by breakdown value and hour. Hours without events have no
    number."""
    given = {key for by_value in shown for points in by_value.values() for key in points}
    instants = {key: hour_of(instant(key)) for key in given}
    if len(set(instants.values())) < len(given):
        raise ReadError("Mixpanel answered with more than one value for the same hour.")
    dates = dates_of(query, today)
    outside = [at for at in instants.values() if not dates.first - DAY <= at.date() <= dates.last + DAY]
    if outside:
        raise ReadError(
            f"Mixpanel answered for other dates ({outside[0].date()}) than the query asked for "
            f"({dates.first} to {dates.last})."
        )
    rows = hours_of(body, query, dates.last, sorted(instants.values()))
    cells = [
        {value: {instants[key]: n for key, n in points.items()} for value, points in by_value.items()}
        for by_value in shown
    ]
    return tuple(rows), cells


def instant(key: str) -> datetime:
    must_be_day(key)
    try:
        at = datetime.fromisoformat(key)
    except ValueError:
        raise ReadError(f"Mixpanel answered with “{key[:40]}” where an hour was expected.") from None
    if at.tzinfo is None:
        raise ReadError("Mixpanel answered with hours that name no time zone.")
    return at


def hour_of(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def hours_of(body: Mapping[str, Any], query: Query, last_day: date, found: list[datetime]) -> list[datetime]:
    """All hours of the range, ascending, up to the current hour. A range such as “the last 24 hours” ends with the
    last full hour, unless the query has `include_today`."""
    ends = body.get("date_range")
    begin = ends.get("from_date") if isinstance(ends, dict) else None
    first = hour_of(instant(begin)) if isinstance(begin, str) else found[0] if found else None
    if first is None:
        return []
    computed = body.get("computed_at")
    now = latest = found[-1] if found else first
    if isinstance(computed, str):
        # Convert before rounding: an hour of the project's time zone can begin at half past the hour in UTC.
        now = hour_of(instant(computed).astimezone(latest.tzinfo))
    is_last = query["range"]["kind"] == "last"
    end = now if not is_last or query["range"]["include_today"] else now - HOUR
    hours: list[datetime] = []
    at = found[0] if found and found[0] == first else first
    while at <= end and at.date() <= last_day and len(hours) <= 2 * MOST_HOURS:
        hours.append(at)
        # The next hour can begin 30 minutes later: on Lord Howe Island, clocks change by half an hour.
        after = bisect_right(found, at)
        at = found[after] if after < len(found) and found[after] <= at + HOUR else at + HOUR
    return hours[-query["range"]["last"] :] if is_last else hours

"""Reads the JSON of Mixpanel's answers.

An unreadable value raises ReadError and never becomes 0, because the last good numbers are better than wrong numbers.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from math import prod
from typing import Any, TypeVar

from widgets.report import Number, Value, label, number
from widgets.reports.ranges import DAY, Dates, bucket_of, next_bucket

Part = TypeVar("Part")

MOST_CELLS = 1_000_000
"""The maximum number of values in one report (labels × dates), because a process can have several reports in memory."""

MOST_LINES = 20_000
"""The maximum number of labels, steps or rows in one report. A larger report would keep a process busy for minutes."""

LONGEST_BUCKET = timedelta(days=366)

CUSTOM_EVENT = "$custom_event:"
"""The ids of custom events begin with this text. Mixpanel sometimes answers with the name instead of the id."""

NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")
"""The texts that `mixpanel.answer` puts in place of NaN and infinity, the results of a division by zero."""

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ][\d:.Z+ -]*)?", re.ASCII)


class ReadError(Exception):
    """Mixpanel's answer lacks the documented form, is too large, or belongs to another query.

    People see the message.
    """


def unreadable(why: str) -> ReadError:
    return ReadError(f"Mixpanel's answer could not be read: {why}.")


def mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise unreadable(f"{name} is missing")
    return value


def sequence(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise unreadable(f"{name} is missing")
    return value


def day(text: str) -> date | None:
    """The date in a key such as `2026-11-01` or `2026-11-01T00:00:00-07:00`; None for any other text."""
    found = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def must_be_day(text: str) -> date:
    if (at := day(text)) is None:
        raise unreadable("a date is missing")
    return at


def amount(value: Any) -> Value:
    """The number in a JSON value; None for `null`. Raises ReadError for other values, such as NaN or a word."""
    if value is None:
        return None
    if (n := number(value)) is None:
        raise unreadable("a number is missing or too large")
    return n


def cell(value: Any) -> Value:
    """Like `amount`, but returns None for the result of a division by zero (NOT_NUMBERS)."""
    return None if value in NOT_NUMBERS else amount(value)


def count(value: Any) -> Number:
    """Like `amount`, but raises ReadError for `null`, too."""
    if (n := amount(value)) is None:
        raise unreadable("a number is missing")
    return n


def check_labels(labels: int, limit: int) -> None:
    """Raises ReadError for far more labels than the query's `limit`. Mixpanel can add one or two labels."""
    if labels > max(2 * limit, limit + 10):
        raise ReadError(
            f"Mixpanel's answer is too large: it has {labels:,} labels, and the query asked for {limit:,}. "
            "Choose a breakdown with fewer values, or raise the widget's limit."
        )


def check_size(labels: int, *by: int) -> None:
    """Raises ReadError if a report is too large. `by`: the number of dates, of steps, or both."""
    if prod(by, start=labels) > MOST_CELLS or max(labels, *by) > MOST_LINES:
        raise ReadError(
            f"Mixpanel's answer is too large: {labels:,} labels with {prod(by):,} values each. A widget can have at "
            f"most {MOST_LINES:,} labels, steps or dates, and {MOST_CELLS:,} values in total. Lower the limit, choose "
            "fewer dates, or choose numbers by week or month. If this is a saved report, change it in Mixpanel."
        )


def check_dates(keys: Iterable[str], date_range: Any) -> dict[str, date]:
    """The date of each key. Raises ReadError for a key without a date, and for a date outside the saved report's range.

    Two exceptions are accepted: the first day of a week, month or year that contains the range's first day, so a date
    up to 366 days before the range, and the day after the range.
    """
    days = {key: must_be_day(key) for key in keys}
    ends = date_range if isinstance(date_range, dict) else {}
    first, last = day(str(ends.get("from_date"))), day(str(ends.get("to_date")))
    for at in days.values():
        if (first and (first - at) > LONGEST_BUCKET) or (last and (at - last) > DAY):
            raise ReadError(f"Mixpanel answered for other dates ({at}) than the saved report has ({first} to {last}).")
    return days


def percentage(part: Number, whole: Number = 1) -> Value:
    """`part` in percent of `whole`, rounded to two decimals."""
    return number(round(100 * part / whole, 2))


class Calendar:
    """The buckets (days, weeks or months) of a query, for finding the bucket of each date in an answer.

    Mixpanel leaves out dates without events. But if an answer has dates and none of them is in the query's range, the
    answer belongs to another query. Then `check`, `check_named`, `rows` and `series` raise ReadError. After `bucket`
    and `points`, the caller must call `check`.
    """

    def __init__(self, dates: Dates, unit: str) -> None:
        self.buckets, self.unit = dates.buckets, unit
        self._ends = (dates.first, dates.last)
        self._asked = frozenset(dates.buckets)
        self._known: dict[str, date] = {}
        # An answer can begin one day before the range and end one day after the range, because of time zones.
        self._earliest = bucket_of(dates.first - DAY, unit)
        self._latest = next_bucket(bucket_of(dates.last, unit), unit)

    def bucket(self, key: str) -> date:
        """The first day of the bucket with the date `key` (`2026-11-01`). Raises ReadError if `key` has no date."""
        if (known := self._known.get(key)) is None:
            known = self._known[key] = bucket_of(must_be_day(key), self.unit)
        return known

    def check(self, found: Collection[date]) -> None:
        """Raises ReadError if an answer has buckets (`found`), but none of the query's. Also calls `check_part`."""
        if found and self._asked.isdisjoint(found):
            raise self._other_dates(min(found))
        self.check_part(found)

    def check_named(self, keys: Iterable[Any]) -> None:
        """Like `check`, for the list of dates in an answer. An answer without numbers still has this list."""
        self.check({self.bucket(str(key)) for key in keys})

    def check_part(self, found: Collection[date]) -> None:
        """Raises ReadError if the buckets of one label lack a bucket of the query and include one far outside the
        range. One more bucket at each end is accepted."""
        far = [at for at in (min(found), max(found)) if not self._earliest <= at <= self._latest] if found else []
        if far and not self._asked.issubset(found):
            raise self._other_dates(far[0])

    def _other_dates(self, at: date) -> ReadError:
        asked = " to ".join(map(str, self._ends))
        return ReadError(f"Mixpanel answered for other dates ({at}) than the query asked for ({asked}).")

    def points(self, points: Any, *, adds_up: bool) -> dict[date, Number]:
        """The numbers by bucket, from a `{date: number}` of an answer. Several numbers in one bucket are added up;
        without `adds_up`, they raise ReadError."""
        found: dict[date, Number] = {}
        for key, value in mapping(points, "a series of dates").items():
            bucket = self.bucket(key)
            if (n := amount(value)) is None:
                continue
            if bucket in found and not adds_up:
                raise ReadError(f"Mixpanel answered with more than one value for the {self.unit} of {bucket}.")
            found[bucket] = found.get(bucket, 0) + n
        self.check_part(found)
        return found

    def rows(self, by_date: Mapping[str, Any]) -> dict[date, Any]:
        """The entries of `by_date`, by bucket. Raises ReadError for two entries in one bucket."""
        rows = {self.bucket(key): entry for key, entry in by_date.items()}
        if len(rows) < len(by_date):
            raise ReadError(f"Mixpanel answered with more than one row for the same {self.unit}.")
        self.check(rows)
        return rows

    def series(self, answer: Any, *, limit: int, adds_up: bool) -> list[tuple[str, tuple[Value, ...]]]:
        """Each label with one value per bucket, from an answer of `/events` or `/segmentation`. `limit`: the number of
        labels that the query asked for."""
        named, found = dates_and_labels(answer, limit)
        self.check_named(named)
        check_size(len(found), len(self.buckets))
        seen: set[date] = set()
        series = []
        for name, points in found:
            by_bucket = self.points(points, adds_up=adds_up)
            seen.update(by_bucket)
            series.append((name, values_by_bucket(self.buckets, by_bucket)))
        self.check(seen)
        return series


def values_by_bucket(buckets: Iterable[date], points: Mapping[date, Number], missing: Value = 0) -> tuple[Value, ...]:
    """One value per bucket, in order. A bucket that Mixpanel leaves out, because it has no events, gets `missing`."""
    return tuple(points.get(bucket, missing) for bucket in buckets)


def dates_and_labels(answer: Any, limit: int) -> tuple[list[Any], list[tuple[str, Any]]]:
    """The dates, and each label with its `{date: n}`, from an answer of `/events` or `/segmentation`.

    The answer is `{"data": {"series": [date, …], "values": {label: {date: n}}}}`.
    """
    data = mapping(mapping(answer, "data").get("data"), "data")
    values = mapping(data.get("values"), "values")
    check_labels(len(values), limit)
    return sequence(data.get("series", []), "series"), [(label(name), points) for name, points in values.items()]


def of_events(events: Sequence[str], found: list[tuple[str, Part]]) -> list[tuple[str, Part | None]]:
    """Each event of a query without a breakdown, with its part of the answer, or with None if the event did not happen.

    If a custom event is the query's only event, it gets the name that it has in the answer. Raises ReadError if the
    answer lacks an event of the query and has an event that the query did not ask for.
    """
    by_name = dict(found)
    if len(found) == len(events) == 1 and events[0].startswith(CUSTOM_EVENT):
        return [*found]
    absent = [event for event in events if label(event) not in by_name]
    if absent and len(by_name) > len(events) - len(absent):
        raise ReadError(f"Mixpanel answered for other events, but not for “{absent[0][:100]}”.")
    return [(event, by_name.get(label(event))) for event in events]

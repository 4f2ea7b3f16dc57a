"""Reading Mixpanel's answers: the one place where their JSON is taken apart, mistrusting every level.

What can't be read is refused, never taken for 0: the last good numbers are better than wrong ones.
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
"""Numbers of one report, labels × dates: more than any widget shows, and what a process can hold several of."""

MOST_LINES = 20_000
"""Labels, steps or rows of one report, far beyond what a chart can show. More would keep a process busy for minutes."""

LONGEST_BUCKET = timedelta(days=366)

CUSTOM_EVENT = "$custom_event:"
"""What the ids of custom events begin with; Mixpanel may answer with the event's name in its place."""

_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ][\d:.Z+ -]*)?", re.ASCII)


class ReadError(Exception):
    """Mixpanel answered something that is not the documented row_kind. The message is for people."""


def unreadable(why: str) -> ReadError:
    return ReadError(f"Mixpanel's answer could not be read: {why}.")


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise unreadable(f"{what} is missing")
    return value


def sequence(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise unreadable(f"{what} is missing")
    return value


def day(text: str) -> date | None:
    """The date that a key such as `2026-11-01` or `2026-11-01T00:00:00-07:00` names, else None."""
    found = _DATE.fullmatch(text)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def must_be_day(text: str) -> date:
    if (at := day(text)) is None:
        raise unreadable("where a date should stand there is none")
    return at


def amount(value: Any) -> Value:
    """A number, or None for `null`. Raises ReadError for anything else, such as NaN, infinity and words."""
    if value is None:
        return None
    if (n := number(value)) is None:
        raise unreadable("where a number should stand there is none, or one that is too large")
    return n


def count(value: Any) -> Number:
    """The same where `null` is no answer either."""
    if (n := amount(value)) is None:
        raise unreadable("a number is missing")
    return n


def check_labels(labels: int, limit: int) -> None:
    """Raises ReadError for far more labels than were asked for; Mixpanel adds one or two of its own."""
    if labels > max(2 * limit, limit + 10):
        raise ReadError(
            f"Mixpanel's answer is too large: it has {labels:,} labels where {limit:,} were asked for. "
            "Choose a breakdown with fewer values, or raise the widget's limit."
        )


def check_size(labels: int, *by: int) -> None:
    """Raises ReadError for more numbers than can be kept and drawn: those of `labels`, each by dates, steps or both."""
    if prod(by, start=labels) > MOST_CELLS or max(labels, *by) > MOST_LINES:
        size = " by ".join(f"{n:,}" for n in by)
        raise ReadError(
            f"Mixpanel's answer is too large: {labels:,} labels on {size} dates. At most {MOST_LINES:,} labels and "
            f"{MOST_CELLS:,} numbers fit. Ask for fewer values of the breakdown (the limit, or in Mixpanel's saved "
            "report), for fewer dates, or by week or month."
        )


def check_dates(keys: Iterable[str], date_range: Any) -> dict[str, date]:
    """The dates of keys. Raises ReadError for a key that is none, and for dates outside of the report's own range.

    A bucket's first date may lie before the range: that of a year or quarter by much.
    """
    days = {key: must_be_day(key) for key in keys}
    ends = date_range if isinstance(date_range, dict) else {}
    first, last = day(str(ends.get("from_date"))), day(str(ends.get("to_date")))
    for at in days.values():
        if (first and (first - at) > LONGEST_BUCKET) or (last and (at - last) > DAY):
            raise ReadError(f"Mixpanel answered for other dates ({at}) than the saved report's ({first} to {last}).")
    return days


def percentage(part: Number, whole: Number = 1) -> Value:
    """As all reports give one: with two decimals."""
    return number(round(100 * part / whole, 2))


class Calendar:
    """The buckets that were asked for, into which the dates of an answer are sorted.

    Mixpanel leaves out dates without events. That is believed of a date that was asked for, unless the answer has
    other dates instead.
    """

    def __init__(self, dates: Dates, unit: str) -> None:
        self.buckets, self.unit = dates.buckets, unit
        self._ends = (dates.first, dates.last)
        self._asked = frozenset(dates.buckets)
        self._known: dict[str, date] = {}
        # Mixpanel may name the first week or month by a day before the range, or be a day ahead.
        self._earliest = bucket_of(dates.first - DAY, unit)
        self._latest = next_bucket(bucket_of(dates.last, unit), unit)

    def bucket(self, key: str) -> date:
        """The bucket that a key such as `2026-11-01` lies in. Raises ReadError for a key that is no date."""
        if (known := self._known.get(key)) is None:
            known = self._known[key] = bucket_of(must_be_day(key), self.unit)
        return known

    def check(self, found: Collection[date]) -> None:
        """Raises ReadError for an answer that has dates, and none that was asked for."""
        if found and self._asked.isdisjoint(found):
            raise self._other_dates(min(found))
        self.check_part(found)

    def check_named(self, keys: Iterable[Any]) -> None:
        """The same for the dates that an answer says it is about: all that it tells where it has no numbers."""
        self.check({self.bucket(str(key)) for key in keys})

    def check_part(self, found: Collection[date]) -> None:
        """The same for one label: a label may have happened in the range's neighbour alone, but no further away."""
        far = [at for at in (min(found), max(found)) if not self._earliest <= at <= self._latest] if found else []
        if far and not self._asked.issubset(found):
            raise self._other_dates(far[0])

    def _other_dates(self, at: date) -> ReadError:
        asked = " to ".join(map(str, self._ends))
        return ReadError(f"Mixpanel answered for other dates ({at}) than were asked for ({asked}).")

    def points(self, points: Any, *, adds_up: bool) -> dict[date, Number]:
        """`{date: n}` → numbers by bucket. Dates that share a bucket are added where values add up.

        Raises ReadError where they may not be added: better no number than a wrong one.
        """
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
        """What an answer has by date, by bucket. Raises ReadError for two of one bucket."""
        rows = {self.bucket(key): entry for key, entry in by_date.items()}
        if len(rows) < len(by_date):
            raise ReadError(f"Mixpanel answered with more than one row for the same {self.unit}.")
        self.check(rows)
        return rows

    def series(self, answer: Any, *, limit: int, adds_up: bool) -> list[tuple[str, tuple[Value, ...]]]:
        """The (label, values) of what `/events` and `/segmentation` answer to a query for `limit` labels."""
        named, found = counted(answer, limit)
        self.check_named(named)
        check_size(len(found), len(self.buckets))
        seen: set[date] = set()
        series = []
        for name, points in found:
            by_bucket = self.points(points, adds_up=adds_up)
            seen.update(by_bucket)
            series.append((name, along(self.buckets, by_bucket)))
        self.check(seen)
        return series


def along(buckets: Iterable[date], points: Mapping[date, Number], missing: Value = 0) -> tuple[Value, ...]:
    """The values in the order of the buckets; Mixpanel leaves out those without events."""
    return tuple(points.get(bucket, missing) for bucket in buckets)


def counted(answer: Any, limit: int) -> tuple[list[Any], list[tuple[str, Any]]]:
    """The dates, and the (label, `{date: n}`), as `/events` and `/segmentation` answer:

    `{"data": {"series": [date, …], "values": {label: …}}}`.
    """
    data = mapping(mapping(answer, "data").get("data"), "data")
    values = mapping(data.get("values"), "values")
    check_labels(len(values), limit)
    return sequence(data.get("series", []), "series"), [(label(name), points) for name, points in values.items()]


def of_events(events: Sequence[str], found: list[tuple[str, Part]]) -> list[tuple[str, Part | None]]:
    """What an answer without a breakdown has for each event, None for one that didn't happen.

    Raises ReadError for the silence of one event where there is something of another.
    """
    by_name = dict(found)
    if len(found) == len(events) == 1 and events[0].startswith(CUSTOM_EVENT):
        return [*found]
    silent = [event for event in events if label(event) not in by_name]
    if silent and len(by_name) > len(events) - len(silent):
        raise ReadError(f"Mixpanel answered for another event than “{silent[0][:100]}”.")
    return [(event, by_name.get(label(event))) for event in events]

"""Reads the answer to an unsaved Insights report into a Report with one series per metric and breakdown value.

An answer is `{"headers", "date_range", "series": {metric_key: …}, "meta": {"report_sections": {"show": […]}}}`. Each
metric key has `{date: n}` or `{"all": n}`; with a breakdown, one such entry per breakdown value and one for `$overall`.
`series` is in alphabetical order, so only `show[].metric_key` says which metric a key belongs to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from widgets.report import Number, Report, RowKind, Series, Value, label
from widgets.reports.insights import hours
from widgets.reports.insights.bookmark import MOST_SEGMENTS, PER_PERSON, asked_for
from widgets.reports.insights.formulas import at_zero
from widgets.reports.insights.tables import OVERALL, UNDATED
from widgets.reports.notes import CUT, REMAINING, note_on
from widgets.reports.ranges import DAY, bucket_of
from widgets.reports.reading import (
    ReadError,
    amount,
    cell,
    check_labels,
    check_size,
    mapping,
    must_be_day,
    sequence,
    unreadable,
    values_by_bucket,
)
from widgets.reports.report_type import Query, calendar_of, dates_of

ZERO_WITHOUT_EVENTS = ("total", "unique", "sessions", "dau", "wau", "mau", "unique_values", PER_PERSON)
"""Measures that are 0 without events. Other measures, such as a property's average, have no value without events."""

Points = Mapping[Any, Value]


def read(answer: Any, query: Query, today: date) -> Report:
    """Reads an answer. Raises ReadError if the answer lacks the documented form or belongs to another query.

    Each series has the breakdown value ("" without a breakdown) as `label`, and the position of its metric or formula
    as `step`. `previous` is the value of the period before, if the query asks for one bucket and for two periods.
    """
    body = mapping(answer, "series")
    series = mapping(body.get("series"), "series")
    keys = metric_keys(body, query, series)
    dates, unit, is_one = dates_of(query, today), query["range"]["unit"], bool(query.get("one_bucket"))
    check_dates_asked(body.get("date_range"), dates.first, dates.last, unit)
    readers = readers_of(query)
    shown = [labelled(series.get(key, {}), query, read) for key, read in zip(keys, readers, strict=True)]
    past = None
    if is_one and query.get("periods") == 2:
        comparison = mapping(body.get("time_comparison"), "the period before")
        check_dates_asked(comparison.get("date_range"), dates.before, dates.first - DAY, "day")
        earlier = mapping(comparison.get("series"), "the period before")
        then = (labelled(earlier.get(key, {}), query, read) for key, read in zip(keys, readers, strict=True))
        past = list(map(one_bucket, then))
    row_kind: RowKind
    rows: tuple[Any, ...]
    cells: Sequence[Mapping[str, Points]]
    if is_one:
        row_kind, rows, cells = "total", ("",), [one_bucket(each) for each in shown]
    elif unit == "hour":
        row_kind, (rows, cells) = "hours", hours.read(shown, body, query, today)
    else:
        row_kind, (rows, cells) = "dates", by_date(shown, query, today)
    check_size(sum(map(len, cells)), len(rows))
    # Each metric's largest breakdown values come first, because the order in Mixpanel's answer has no meaning.
    found = tuple(
        sorted(series_of(query, rows, cells, past), key=lambda each: (int(each.step), -each.total, each.label))
    )
    plain = "formulas" not in query and "analysis" not in query
    additive = plain and all(each["math"] == "total" for each in query["metrics"])
    note = note_of(body, series, query, len({each.label for each in found}))
    return Report(row_kind, rows, found, additive=additive, note=note)


def metric_keys(body: Mapping[str, Any], query: Query, series: Mapping[str, Any]) -> list[str]:
    """The keys of the shown metrics in `series`, in the query's order. If the query has formulas, only the formulas are
    shown.

    A metric without events can be missing in `series`. Raises ReadError if the answer does not name its metrics.
    """
    asked, formulas = len(asked_for(query)), len(query.get("formulas", []))
    keys = keys_of(body, series, formulas or asked)
    if keys is None:
        raise unreadable("the answer does not name its metrics")
    if formulas and len(keys) == asked + formulas:
        return keys[asked:]  # the answer can also name hidden metrics and give their numbers
    if len(keys) != (formulas or asked):
        raise ReadError(f"Mixpanel answered with {len(keys)} metrics, and the query asked for {formulas or asked}.")
    return keys


def keys_of(body: Mapping[str, Any], series: Mapping[str, Any], asked: int) -> list[str] | None:
    """The metric keys that the answer names, in the order of the request; None if the answer names no keys. A single
    metric needs no name. `asked`: the number of metrics that the query asked for."""
    meta = body.get("meta")
    sections = meta.get("report_sections") if isinstance(meta, dict) else None
    if not isinstance(sections, dict):
        return ([*series] or [""]) if asked == 1 and len(series) <= 1 else None
    found = [
        mapping(entry, "a metric").get("metric_key") for entry in sequence(sections.get("show"), "the list of metrics")
    ]
    keys = [key for key in found if isinstance(key, str)]
    if len(keys) < len(found):
        raise unreadable("a metric's key is missing")
    if len(set(keys)) < len(keys):
        raise unreadable("two metrics have the same key")
    if unknown := [key for key in series if key not in keys]:
        raise ReadError(f"Mixpanel answered for a metric that the query did not ask for: “{label(unknown[0])[:100]}”.")
    return keys


def check_dates_asked(ends: Any, first: date, last: date, unit: str) -> None:
    """Raises ReadError if `ends`, the answer's `date_range`, differs from the dates of the query.

    Accepts dates that are one day off, because of time zones, and a last date that is the first day of its week or
    month. Accepts `ends` if one of its dates is missing.
    """
    if not isinstance(ends, dict) or not all(isinstance(ends.get(name), str) for name in ("from_date", "to_date")):
        return
    found = must_be_day(ends["from_date"]), must_be_day(ends["to_date"])
    begins_there = first - DAY <= found[0] <= first + DAY
    if not begins_there or not bucket_of(last, unit) - DAY <= found[1] <= last + DAY:
        raise ReadError(
            f"Mixpanel answered for other dates ({found[0]} to {found[1]}) than the query asked for "
            f"({first} to {last})."
        )


def readers_of(query: Query) -> list[Callable[[Any], Value]]:
    """For each shown metric, the function that reads its numbers: `cell`, which accepts NaN, or `amount`.

    Counts and sums can't be NaN. A formula of counts and sums can be NaN only if it has a division or a power.
    """
    if formulas := query.get("formulas"):
        return [cell if missing_value(query, i, None) is None else amount for i in range(len(formulas))]
    return [amount if each["math"] in ZERO_WITHOUT_EVENTS else cell for each in asked_for(query)]


def labelled(node: Any, query: Query, read: Callable[[Any], Value]) -> dict[str, Points]:
    """One metric's numbers by breakdown value ("" without a breakdown) and date. With a breakdown, `$overall` and
    `$remaining_values` (the sum of the values beyond the widget's own limit) are left out."""
    found = mapping(node, "a metric")
    if not query.get("breakdown"):
        by_value: Mapping[str, Any] = {"": found[OVERALL] if set(found) == {OVERALL} else found}
    else:
        check_labels(len(found), query.get("limit", MOST_SEGMENTS))
        by_value = {value: points for value, points in found.items() if value not in (OVERALL, REMAINING)}
    return {
        value: {key: read(n) for key, n in mapping(points, "a series of dates").items()}
        for value, points in by_value.items()
    }


def one_bucket(by_value: Mapping[str, Points]) -> dict[str, Points]:
    found: dict[str, Points] = {}
    for value, points in by_value.items():
        if set(points) - {UNDATED}:
            raise ReadError("Mixpanel answered with dates, and the query asked for one value for the whole range.")
        found[value] = {"": points[UNDATED]} if points else {}
    return found


def by_date(
    shown: list[dict[str, Points]], query: Query, today: date
) -> tuple[tuple[date | str, ...], list[dict[str, Points]]]:
    calendar = calendar_of(query, today)
    seen: set[date] = set()
    cells: list[dict[str, Points]] = []
    for by_value in shown:
        found: dict[str, Points] = {value: calendar.points(points, adds_up=False) for value, points in by_value.items()}
        seen.update(*found.values())
        cells.append(found)
    calendar.check(seen)
    return tuple(calendar.buckets), cells


def series_of(
    query: Query,
    rows: tuple[date | str, ...],
    cells: Sequence[Mapping[str, Points]],
    past: Sequence[Mapping[str, Points]] | None,
) -> Iterator[Series]:
    """The series of the query's formulas, or of its metrics if there are no formulas.

    `past`: like `cells`, but for the period before.
    """
    position = 0
    wanted = [None] * len(query["formulas"]) if query.get("formulas") else [each["math"] for each in query["metrics"]]
    for metric, math in enumerate(wanted):
        missing = missing_value(query, metric, math)
        if math == PER_PERSON:
            total, unique = (values_of(rows, cells[position + i], 0) for i in (0, 1))
            was_total, was_unique = (values_of(("",), past[position + i], 0) for i in (0, 1)) if past else ({}, {})
            for value in total:
                each = tuple(map(per_person, total[value], unique.get(value, (0,) * len(rows))))
                previous = per_person(*was_total.get(value, (0,)), *was_unique.get(value, (0,))) if past else None
                yield Series(label(value), each, previous, str(metric))
            position += 2
            continue
        was = values_of(("",), past[position], missing) if past else {}
        for value, found in values_of(rows, cells[position], missing).items():
            previous = was.get(value, (missing,))[0] if past else None
            yield Series(label(value), found, previous, str(metric))
        position += 1


def missing_value(query: Query, metric: int, math: str | None) -> Value:
    """The value of a bucket without events, which the answer leaves out. None if such a bucket has no number."""
    if math is not None:
        return 0 if math in ZERO_WITHOUT_EVENTS else None
    are_zero = all(each["math"] in ZERO_WITHOUT_EVENTS for each in query["metrics"])
    return at_zero(query["formulas"][metric]) if are_zero else None


def values_of(rows: tuple[Any, ...], found: Mapping[str, Points], missing: Value) -> dict[str, tuple[Value, ...]]:
    return {
        value: values_by_bucket(rows, {at: n for at, n in points.items() if n is not None}, missing)
        for value, points in found.items()
    }


def per_person(total: Value, unique: Value) -> Number:
    """The average per user; 0 if there are no users, as in Mixpanel's older endpoints."""
    return total / unique if total and unique else 0


def note_of(body: Mapping[str, Any], series: Mapping[str, Any], query: Query, values: int) -> str:
    """The warnings in the answer. The warning CUT is left out if the widget's own limit has shortened the list of
    breakdown values. `values`: the length of that list."""
    said = note_on(body, series)
    if "limit" in query and values >= query["limit"]:
        said = said.replace(CUT, "").strip()
    return said

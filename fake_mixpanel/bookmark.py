"""Reads an unsaved report from the body of `POST /insights`.

Raises Refused for a body that Mixpanel would refuse, or that the fake does not support.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from fake_mixpanel import filters
from fake_mixpanel.buckets import days_between
from fake_mixpanel.conditions import Where
from fake_mixpanel.query import LONGEST_RANGE, Query, Refused, unacceptable

Wanted = TypeVar("Wanted")

UNITS = ("hour", "day", "week", "month", "quarter", "year")
ANALYSES = ("linear", "cumulative", "rolling")
DATED = ("line", "stacked-line", "column", "stacked-column", "funnel-trend", "retention-trend")
UNDATED = (
    *("bar", "bar-stacked", "table", "pie", "insights-metric"),
    *("funnel-steps", "funnel-steps-metric", "retention-curve", "retention-table"),
)
MOST_METRICS = 40
MOST_HOURLY_DAYS = 31
MOST_SEGMENTS = 50_000

_DAYS = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An unsaved report.

    `group` is the property of the breakdown, or "". `window` is the number of buckets of a rolling analysis, and
    `limit` the number of breakdown values. `before` is the first day of the period to compare with, or None.
    """

    show: tuple[Mapping[str, Any], ...]
    unit: str
    days: list[date]
    where: Where
    group: str
    is_dated: bool
    analysis: str
    window: int
    limit: int
    before: date | None

    @property
    def kind(self) -> str:
        """Returns the kind of the metrics, for example `funnel`.

        Raises Refused if the metrics have different kinds, or if there are no metrics.
        """
        kinds = {str(part(entry, "behavior", dict).get("type")) for entry in self.show if entry["type"] == "metric"}
        if len(kinds) != 1:
            raise unacceptable("a report needs at least one metric, and all its metrics must be of the same kind")
        return kinds.pop()


def read(query: Query) -> Bookmark:
    bookmark = part(query.body, "bookmark", dict)
    sections, display = part(bookmark, "sections", dict), part(bookmark, "displayOptions", dict)
    limit = part(part(query.body, "queryLimits", dict, {}), "limit", int, 3000)
    if not 1 <= limit <= MOST_SEGMENTS:
        raise unacceptable(f"limit must be from 1 to {MOST_SEGMENTS}")
    chart, analysis = display.get("chartType"), display.get("analysis", "linear")
    if chart not in DATED + UNDATED:
        raise unacceptable(f"unknown chartType {chart!r}")
    if analysis not in ANALYSES:
        raise unacceptable(f"unknown analysis {analysis!r}")
    window = part(display, "rollingWindowSize", int, 7)
    if not 1 <= window <= LONGEST_RANGE.days:
        raise unacceptable(f"rollingWindowSize must be from 1 to {LONGEST_RANGE.days}")
    unit, days = _time(query, part(sections, "time", list))
    return Bookmark(
        _show(part(sections, "show", list)),
        unit,
        days,
        filters.read(sections.get("filter", [])),
        _group(part(sections, "group", list, [])),
        chart in DATED,
        analysis,
        window,
        limit,
        _before(display.get("timeComparison"), days),
    )


def part(node: Mapping[str, Any], name: str, kind: type[Wanted], default: Wanted | None = None) -> Wanted:
    found = node.get(name, default)
    if not isinstance(found, kind) or isinstance(found, bool):
        raise unacceptable(f"the field {name} is missing or has the wrong type")
    return found


def _show(entries: list[Any]) -> tuple[Mapping[str, Any], ...]:
    if not entries:
        raise unacceptable("the section show must have at least one metric")
    if len(entries) > MOST_METRICS:
        raise unacceptable(f"the section show must have at most {MOST_METRICS} entries, but has {len(entries)}")
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("type") not in ("metric", "formula"):
            raise unacceptable("every entry of the section show must be a metric or a formula")
    return tuple(entries)


def _group(entries: list[Any]) -> str:
    if len(entries) > 1:
        raise unacceptable("this fake Mixpanel supports one breakdown")
    names = [part(entry, "value", str) if isinstance(entry, dict) else "" for entry in entries]
    if "" in names:
        raise unacceptable("a breakdown needs the name of a property")
    return names[0] if names else ""


def _time(query: Query, entries: list[Any]) -> tuple[str, list[date]]:
    if len(entries) != 1 or not isinstance(entries[0], dict):
        raise unacceptable("the section time must have exactly one entry")
    [entry] = entries
    unit = entry.get("unit")
    if unit not in UNITS:
        raise unacceptable(f"unknown unit {unit!r}")
    match entry.get("dateRangeType"):
        case "between":
            first, last = _between(entry.get("value"))
        case "in the last":
            first, last = _last(query, part(entry, "window", dict)), query.today
        case other:
            raise unacceptable(f"unknown dateRangeType {other!r}")
    if last > query.today:
        raise Refused(400, "to_date cannot be later than today")
    if first > last or last - first > LONGEST_RANGE:
        raise unacceptable(f"the last date must be from 0 to {LONGEST_RANGE.days} days after the first date")
    days = days_between(first, last)
    if unit == "hour" and len(days) > MOST_HOURLY_DAYS:
        raise unacceptable(f"Date range must be at most {MOST_HOURLY_DAYS} days for hourly charts.")
    return str(unit), days


def _between(value: Any) -> tuple[date, date]:
    try:
        first, last = map(date.fromisoformat, value)
    except (TypeError, ValueError):
        raise unacceptable('the dateRangeType "between" needs two dates in the form yyyy-mm-dd') from None
    return first, last


def _last(query: Query, window: Mapping[str, Any]) -> date:
    """Returns the first day of a range that ends today. A month counts as 30 days."""
    unit, number = window.get("unit"), part(window, "value", int)
    if not 1 <= number <= LONGEST_RANGE.days * 24:
        raise unacceptable(f"the value of the window must be from 1 to {LONGEST_RANGE.days * 24}")
    if unit == "hour":
        return (query.now - timedelta(hours=number)).date()
    if not isinstance(unit, str) or unit not in _DAYS:
        raise unacceptable(f"the window has the unknown unit {unit!r}")
    return query.today - timedelta(days=number * _DAYS[unit] - 1)


def _before(comparison: Any, days: list[date]) -> date | None:
    if comparison is None:
        return None
    if not isinstance(comparison, dict):
        raise unacceptable("timeComparison must be an object")
    kind, value = comparison.get("type"), part(comparison, "value", str)
    if kind == "relative" and value in _DAYS:
        return days[0] - timedelta(days=_DAYS[value])
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise unacceptable("the value of timeComparison must be a unit or a date") from None
    if kind == "absolute-end":
        return found - timedelta(days=len(days) - 1)
    if kind != "absolute-start":
        raise unacceptable(f"timeComparison has the unknown type {kind!r}")
    return found

"""Reads an unsaved report from the body of `POST /insights`.

Raises Refused for a body that Mixpanel would refuse, or that the fake does not support.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from fake_mixpanel import filters
from fake_mixpanel.buckets import days_between
from fake_mixpanel.conditions import Where
from fake_mixpanel.query import LONGEST_RANGE, Query, Refused, unacceptable

Wanted = TypeVar("Wanted")

UNITS = ("hour", "day", "week", "month")
ANALYSES = ("linear", "cumulative", "rolling")
DATED = "line"
UNDATED = ("bar", "funnel-steps")
MOST_METRICS = 40
MOST_HOURLY_DAYS = 31
MOST_SEGMENTS = 50_000


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
    if chart not in (DATED, *UNDATED):
        raise unacceptable(f"this fake Mixpanel does not support the chartType {chart!r}")
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
        chart == DATED,
        analysis,
        window,
        limit,
        _before(display.get("timeComparison")),
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
        raise unacceptable(f"this fake Mixpanel does not support the unit {unit!r}")
    if entry.get("dateRangeType") != "between":
        raise unacceptable('this fake Mixpanel supports only the dateRangeType "between"')
    try:
        first, last = map(date.fromisoformat, entry.get("value"))
    except (TypeError, ValueError):
        raise unacceptable('the dateRangeType "between" needs two dates in the form yyyy-mm-dd') from None
    if last > query.today:
        raise Refused(400, "to_date cannot be later than today")
    if first > last or last - first > LONGEST_RANGE:
        raise unacceptable(f"the last date must be from 0 to {LONGEST_RANGE.days} days after the first date")
    days = days_between(first, last)
    if unit == "hour" and len(days) > MOST_HOURLY_DAYS:
        raise unacceptable(f"Date range must be at most {MOST_HOURLY_DAYS} days for hourly charts.")
    return str(unit), days


def _before(comparison: Any) -> date | None:
    if comparison is None:
        return None
    if not isinstance(comparison, dict) or comparison.get("type") != "absolute-start":
        raise unacceptable('this fake Mixpanel supports only the timeComparison "absolute-start"')
    try:
        return date.fromisoformat(part(comparison, "value", str))
    except ValueError:
        raise unacceptable("the value of timeComparison must be a date") from None

"""A funnel made of listed events: an unsaved report of Insights, and how its tables are read.

An answer has, below the funnel's name, one table `{"count": {"1. App Open": {"all": n}, …}, "step_conv_ratio": …}`;
with a breakdown one per value and `$overall`. By date there is one table per date, or `{date: ratio}`: both are known.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from widgets.report import Number, Report, Series, label
from widgets.reports.insights.bookmark import post
from widgets.reports.insights.saved import read_insights
from widgets.reports.insights.tables import (
    OVERALL,
    Path,
    in_order,
    is_funnel,
    level_of_dates,
    step_count,
    tables_in,
    value_of,
)
from widgets.reports.notes import note_on
from widgets.reports.ranges import Dates
from widgets.reports.reading import Calendar, check_size, count, mapping, unreadable, values_by_bucket
from widgets.reports.report_type import Query, Request, calendar_of, dates_of

MOST_STEPS = 100

_NUMBER = re.compile(r"[0-9]{1,4}\. ")


def request(query: Query, today: date) -> Request:
    behaviors = [
        {"type": "event", "id": None, "name": event, "filters": [], "filtersDeterminer": "all", "funnelOrder": "loose"}
        for event in query["steps"]
    ]
    show = {
        "type": "metric",
        "behavior": {
            "type": "funnel",
            "resourceType": "events",
            "behaviors": behaviors,
            "conversionWindowDuration": query["window"],
            "conversionWindowUnit": "day",
            "funnelOrder": "loose",
            "exclusions": [],
            "aggregateBy": [],
            "filter": [],
        },
        "measurement": {"math": "conversion_rate_unique", "property": None, "stepIndex": None},
    }
    dates: Dates = dates_of(query, today)
    display = {"chartType": "line" if query.get("by_date") else "funnel-steps"}
    return post(query, dates, [show], query.get("filters", []), display, formula=[])


def read(answer: Any, query: Query, today: date) -> Report:
    """One series per breakdown value and step, as `widgets.reports.classic` gives them; by date also one ratio each."""
    body = mapping(answer, "series")
    found = mapping(body.get("series"), "series")
    if len(found) > 1:
        raise unreadable("it holds several funnels")
    tables = tables_in(next(iter(found.values()), {}), is_funnel)
    note = note_on(body, found)
    if not query.get("by_date"):
        return replace(steps_of(tables), note=note)
    calendar = calendar_of(query, today)
    if tables or not found:
        return replace(dated_steps(tables, calendar), note=note)
    return replace(ratios(read_insights(answer, today), calendar, query), note=note)


def steps_of(tables: list[tuple[Path, Mapping[str, Any]]]) -> Report:
    """The steps over the whole range: one row. Empty if nobody entered the funnel."""
    by_value: dict[str, list[Series]] = {}
    for path, table in tables:
        if (value := value_of(path)) is not None:
            name = value or OVERALL
            by_value[name] = [Series(name, (n,), step=step) for step, n in steps_in(table)]
    if len(by_value) > 1:
        by_value.pop(OVERALL, None)  # the sum of all values, not one of them
    series = tuple(each for steps in by_value.values() for each in steps)
    check_size(len(series), 1)
    return Report("total", ("",), series)


def dated_steps(tables: list[tuple[Path, Mapping[str, Any]]], calendar: Calendar) -> Report:
    counts: dict[str, dict[str, dict[date, Number]]] = {}
    level = level_of_dates([path for path, _ in tables]) if tables else 0
    for path, table in tables:
        bucket = calendar.bucket(path[level])
        if (value := value_of((*path[:level], *path[level + 1 :]))) is None:
            continue
        for step, n in steps_in(table):
            points = counts.setdefault(value or OVERALL, {}).setdefault(step, {})
            points[bucket] = points.get(bucket, 0) + n
    if len(counts) > 1:
        counts.pop(OVERALL, None)
    calendar.check({at for steps in counts.values() for points in steps.values() for at in points})
    check_size(sum(map(len, counts.values())), len(calendar.buckets))
    series = (
        Series(value, values_by_bucket(calendar.buckets, points), step=step)
        for value, steps in counts.items()
        for step, points in steps.items()
    )
    return Report("dates", calendar.buckets, tuple(series))


def steps_in(table: Mapping[str, Any]) -> list[tuple[str, Number]]:
    """The steps in order. Two steps with the same event keep their numbers, to tell them apart."""
    steps = [(step, count(step_count(table["count"][step]))) for step in in_order(table["count"])]
    names = [label(_NUMBER.sub("", step, count=1)) for step, _ in steps]
    return [(name if names.count(name) == 1 else label(step), n) for name, (step, n) in zip(names, steps, strict=True)]


def ratios(report: Report, calendar: Calendar, query: Query) -> Report:
    """The conversions by date, in percent. A date without one has none: nobody entered the funnel."""
    series = []
    for each in report.series:
        points = {
            calendar.bucket(str(row)): n for row, n in zip(report.rows, each.values, strict=True) if n is not None
        }
        calendar.check(points)
        name = each.label if query.get("breakdown") else OVERALL
        series.append(Series(name, values_by_bucket(calendar.buckets, points, missing=None)))
    return Report("dates", calendar.buckets, tuple(series))

"""Writes funnels of listed events as unsaved Insights reports. Reads the answers to unsaved and saved funnels.

Below the funnel's name, an answer has one table `{"count": {"1. App Open": {"all": n}, …}, "step_conv_ratio": …}`. With
a breakdown, the answer has one table per value and one table `$overall`. If the query asks for numbers by date, the
answer has one table per date, or `{date: ratio}`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from widgets.report import Number, Report, Series, label
from widgets.reports.insights.bookmark import post
from widgets.reports.insights.saved import FUNNEL, are_ratios, lines_of, read_insights
from widgets.reports.insights.tables import (
    OVERALL,
    Path,
    in_order,
    is_funnel,
    level_of_dates,
    step_count,
    step_number,
    tables_in,
    value_of,
    without_number,
)
from widgets.reports.insights.unsaved import check_dates_asked, note_of
from widgets.reports.notes import REMAINING
from widgets.reports.reading import Calendar, check_size, count, mapping, unreadable, values_by_bucket
from widgets.reports.report_type import Query, Request, calendar_of, dates_of

MOST_STEPS = 100


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
    display = {"chartType": "line" if query.get("by_date") else "funnel-steps"}
    return post(query, dates_of(query, today), [show], query.get("filters", []), display, formula=[])


def read(answer: Any, query: Query, today: date) -> Report:
    """One series per breakdown value and step: the counts by date if the query has `by_date`, or else the totals.

    If the answer has ratios by date instead of steps: one series of percentages per breakdown value.
    """
    body = mapping(answer, "series")
    found = mapping(body.get("series"), "series")
    if len(found) > 1:
        raise unreadable("the answer has several funnels")
    tables = tables_in(next(iter(found.values()), {}), is_funnel)
    if "steps" in query:
        dates = dates_of(query, today)
        check_dates_asked(body.get("date_range"), dates.first, dates.last, query["range"]["unit"])
        # As in other reports, REMAINING is left out: the sum of the values beyond the widget's own limit.
        tables = [(path, table) for path, table in tables if REMAINING not in path]
    note = note_of(body, found, query, len(tables) - 1)
    if not query.get("by_date"):
        if not tables and any(found.values()):
            todo = (
                "" if "steps" in query else ". In Mixpanel, save the funnel as steps, or list the steps in the widget"
            )
            raise unreadable(f"the answer has no steps{todo}")
        return replace(steps_of(tables, query), note=note)
    calendar = calendar_of(query, today)
    if tables or not any(found.values()):
        return replace(dated_steps(tables, calendar, query), note=note)
    return replace(ratios(body, calendar, query, today), note=note)


def steps_of(tables: list[tuple[Path, Mapping[str, Any]]], query: Query) -> Report:
    """One row: the count of each step over the whole range. There are no series if the answer has no steps."""
    names = names_of(tables, query)
    by_value: dict[str, list[Series]] = {}
    for path, table in tables:
        if (value := value_of(path)) is not None:
            name = value or OVERALL
            by_value[name] = [Series(name, (n,), step=step) for step, n in steps_in(table, names)]
    if len(by_value) > 1:
        by_value.pop(OVERALL, None)  # `$overall` is the sum of all breakdown values
    series = tuple(each for steps in by_value.values() for each in steps)
    check_size(len(series), 1)
    return Report("total", ("",), series)


def dated_steps(tables: list[tuple[Path, Mapping[str, Any]]], calendar: Calendar, query: Query) -> Report:
    names = names_of(tables, query)
    counts: dict[str, dict[str, dict[date, Number]]] = {}
    level = level_of_dates([path for path, _ in tables]) if tables else 0
    for path, table in tables:
        bucket = calendar.bucket(path[level])
        if (value := value_of((*path[:level], *path[level + 1 :]))) is None:
            continue
        for step, n in steps_in(table, names):
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


def names_of(tables: list[tuple[Path, Mapping[str, Any]]], query: Query) -> dict[str, str]:
    """The key of each step in the answer → the name of the step, in order. Steps with the same event keep their
    numbers, so that their names differ.

    Includes the last steps of the query that the answer leaves out because nobody reached them. Raises ReadError if the
    answer has more steps than the query, or if any other step is missing.
    """
    keys = in_order(dict.fromkeys(step for _, table in tables for step in table["count"]))
    if tables and len(keys) != len(asked := query.get("steps", keys)):
        by_number = {step_number(step): step for step in keys}
        if len(keys) > len(asked) or set(by_number) != set(range(1, len(keys) + 1)):
            raise unreadable(f"the answer has {len(keys)} steps, and the query asked for {len(asked)}")
        keys = [by_number.get(i, f"{i}. {event}") for i, event in enumerate(asked, 1)]
    plain = [label(without_number(step)) for step in keys]
    return {step: name if plain.count(name) == 1 else label(step) for step, name in zip(keys, plain, strict=True)}


def steps_in(table: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, Number]]:
    given = table["count"]
    return [(name, count(step_count(given[step])) if step in given else 0) for step, name in names.items()]


def ratios(body: Mapping[str, Any], calendar: Calendar, query: Query, today: date) -> Report:
    """Conversions by date, in percent. The value is None for a date on which nobody entered the funnel."""
    leaves = lines_of(body["series"])
    if not are_ratios(leaves) and any(n is not None for _, points in leaves for n in points.values()):
        raise unreadable("the conversions are not ratios from 0 to 1")
    report = read_insights({**body, "headers": [FUNNEL]}, today)
    series = []
    for each in report.series:
        if "steps" in query and each.label == REMAINING:
            continue  # as in `read`
        points = {
            calendar.bucket(str(row)): n for row, n in zip(report.rows, each.values, strict=True) if n is not None
        }
        calendar.check(points)
        name = each.label if query.get("breakdown") else OVERALL
        series.append(Series(name, values_by_bucket(calendar.buckets, points, missing=None)))
    return Report("dates", calendar.buckets, tuple(series))

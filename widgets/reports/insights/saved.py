"""Reads the answer to a saved report (`GET /insights`) into a Report.

An answer is `{"headers", "date_range", "series": {metric: …}, "time_comparison", "secondary", "meta"}`. Each metric has
one level of nesting per breakdown, with `$overall` beside the breakdown values. The innermost level is `{date: n}` or
`{"all": n}`. Saved funnels and saved retention have another form: see `tables.py`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import Any

from widgets.report import Report, Series, Value, label
from widgets.reports.insights.tables import OVERALL, UNDATED, funnel_report, retention_report
from widgets.reports.notes import note_on
from widgets.reports.reading import (
    MOST_LINES,
    amount,
    check_dates,
    check_size,
    day,
    mapping,
    must_be_day,
    percentage,
    sequence,
)

TIME = "Time"
FUNNEL = "$funnel"
METRICS = ("$event", "$metric", FUNNEL, "$retention")
"""The first header of an answer is one of these kinds of metrics. The other headers are breakdown properties."""
RATIOS = (FUNNEL, "$retention")
ONE_TABLE = "This saved report has several funnels or retention tables. Only the first one is shown."

Path = tuple[str, ...]
Points = dict[str, Value]
Leaves = list[tuple[Path, Points]]
Place = tuple[int, int, str, int]

_PREFIX = re.compile(r"([A-Z]{1,2})\. ")


def read_insights(answer: Any, today: date) -> Report:
    """The Report in an answer of `/insights`. Raises ReadError if the answer lacks the documented form."""
    body = mapping(answer, "series")
    given = mapping(body.get("series"), "series")
    metrics = {name: given[name] for name in sorted(given, key=metric_order(given, body.get("meta")))}
    first = next(iter(metrics.values()), None)
    table = funnel_report(first) or retention_report(first, today, body.get("date_range"))
    notes = [note_on(body, given), ONE_TABLE if table and len(metrics) > 1 else ""]
    return replace(table or numbers_report(body, metrics), note=" ".join(filter(None, notes)))


def metric_order(given: Mapping[str, Any], meta: Any) -> Callable[[str], Place]:
    """A function that gives the sort key of a metric. The answer has the metrics in alphabetical order, and the key
    restores the order of the report in Mixpanel.

    The part `meta` of the answer has that order. Metrics that `meta` does not name come last, sorted by their prefixes
    (`A. ` … `Z. `, `BA. `), then in the answer's order.
    """
    shown: Any = meta
    for key in ("report_sections", "show"):
        shown = shown.get(key) if isinstance(shown, dict) else None
    entries = shown if isinstance(shown, list) else []
    keys = [entry.get("metric_key") for entry in entries if isinstance(entry, dict)]
    shown_at = {key: i for i, key in enumerate(keys) if isinstance(key, str)}
    given_at = {name: i for i, name in enumerate(given)}

    def place(name: str) -> Place:
        if name in shown_at:
            return (shown_at[name], 0, "", 0)
        prefix = _PREFIX.match(name)
        letters = prefix[1] if prefix else ""
        return (len(keys), len(letters), letters, given_at[name])

    return place


def numbers_report(body: Mapping[str, Any], metrics: Mapping[str, Any]) -> Report:
    """Numbers by date or hour, or one number for the whole range. One series per metric and combination of breakdown
    values."""
    headers = [label(header) for header in sequence(body.get("headers") or [], "headers")]
    breakdowns = [header for header in headers if header not in METRICS]
    leaves = lines_of(metrics)
    ratios = any(header in RATIOS for header in headers) and are_ratios(leaves)
    if ratios:
        leaves = [(path, {key: percent(n) for key, n in points.items()}) for path, points in leaves]
    several = len({path[0] for path, _ in leaves}) > 1
    before = totals_before(body.get("time_comparison"), ratios=ratios)
    # A series that is missing in the period before had no events, so its total is 0.
    missing = None if before is None or (ratios and any(UNDATED not in points for _, points in leaves)) else 0
    # The name is `metric / value`, or only `value` if the report has one metric and a breakdown.
    names = [" / ".join(path if several or len(path) == 1 else path[1:]) for path, _ in leaves]
    totals = [(before or {}).get(path, missing) for path, _ in leaves]
    named = [Series(name, (), total) for name, total in zip(names, totals, strict=True)]
    date_range = mapping(body.get("date_range") or {}, "the date range")
    report = report_of(named, [points for _, points in leaves], date_range)
    return replace(
        report,
        labels_name=report.labels_name or (breakdowns[-1] if len(breakdowns) == 1 and not several else "Name"),
        values_name=leaves[0][0][0] if leaves and not several else "Total",
    )


def lines_of(metrics: Mapping[str, Any]) -> Leaves:
    """The result of `leaves_of` as a list. Raises ReadError for more than MOST_LINES."""
    leaves = list(islice(leaves_of(metrics), MOST_LINES + 1))
    check_size(len(leaves), 1)
    return leaves


def leaves_of(node: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Points]]:
    """The innermost levels of an answer, each with its path (the labels from the metric down) and its numbers.

    A `$overall` beside other values is left out, because it stands for all of these values together.
    """
    for name, inner in node.items():
        overall = bool(path) and name == OVERALL
        if overall and len(node) > 1:
            continue
        here = path if overall else (*path, label(name))
        values = mapping(inner, "a series")
        if values and all(isinstance(value, dict) for value in values.values()):
            yield from leaves_of(values, here)
        else:
            yield here, {key: amount(value) for key, value in values.items()}


def are_ratios(leaves: Leaves) -> bool:
    """Whether the numbers of a funnel or retention are ratios: all are from 0 to 1. Other numbers are counts."""
    numbers = [n for _, points in leaves for n in points.values() if n is not None]
    return bool(numbers) and all(0 <= n <= 1 for n in numbers)


def percent(ratio: Value) -> Value:
    return None if ratio is None else percentage(ratio)


def totals_before(comparison: Any, *, ratios: bool) -> dict[Path, Value] | None:
    """The path of each series → its total in the period before. None if the report does not compare periods.

    Ratios by date have no total, because the answer lacks the counts that a total needs.
    """
    if not isinstance(comparison, dict) or not isinstance(comparison.get("series"), dict):
        return None
    leaves = lines_of(comparison["series"])
    check_dates({key for _, points in leaves for key in points} - {UNDATED}, comparison.get("date_range"))
    if ratios:
        return {path: percent(points[UNDATED]) for path, points in leaves if set(points) == {UNDATED}}
    return {path: Series("", tuple(points.values())).total for path, points in leaves}


def report_of(named: list[Series], by_key: list[Points], date_range: Mapping[str, Any]) -> Report:
    """A report of the series in `named` with the values in `by_key`: totals, or values by date or by hour."""
    keys = list(dict.fromkeys(key for points in by_key for key in points))
    if not keys:
        return Report("total", ("",), ())
    check_size(len(named), len(keys))
    if keys == [UNDATED]:
        return with_values(Report("total", ("",), ()), named, ((points.get(UNDATED) or 0,) for points in by_key))
    days = check_dates(keys, date_range)
    if len(set(days.values())) < len(days):
        # A report with several times on one date is by hour. Cyfe has no format for hours, so the rows are texts.
        times = sorted(days, key=instant)
        rows = tuple(label(time[:16]).replace("T", " ") for time in times)
        hourly = Report("steps", rows, (), labels_name=TIME)
        return with_values(hourly, named, (tuple(map(points.get, times)) for points in by_key))
    dates = filled(sorted(days.values()), date_range)
    check_size(len(named), len(dates))
    key_of = {at: key for key, at in days.items()}
    columns = (tuple(points.get(key_of.get(at, "")) or 0 for at in dates) for points in by_key)
    return with_values(Report("dates", tuple(dates), ()), named, columns)


def with_values(report: Report, named: Iterable[Series], columns: Iterable[tuple[Value, ...]]) -> Report:
    return report.with_series(replace(each, values=values) for each, values in zip(named, columns, strict=True))


def instant(key: str) -> tuple[datetime, str]:
    """A sort key for times. It has the UTC offset, because the same hour occurs twice when clocks go back."""
    try:
        at = datetime.fromisoformat(key)
    except ValueError:
        at = datetime.combine(must_be_day(key), time())
    return at if at.tzinfo else at.replace(tzinfo=UTC), key


def filled(dates: list[date], date_range: Mapping[str, Any]) -> list[date]:
    """Adds missing dates to a daily or weekly report. A daily report is also extended to the ends of its range.
    A report that covers more than ten years stays unchanged."""
    gaps = [(b - a).days for a, b in pairwise(dates)]
    step = min(gaps, default=0)
    if step not in (1, 7) or any(gap % step for gap in gaps):
        return dates
    first, last = dates[0], dates[-1]
    if step == 1:
        first = min(first, day(str(date_range.get("from_date"))) or first)
        last = max(last, day(str(date_range.get("to_date"))) or last)
    if (last - first).days > 3660:
        return dates
    return [first + timedelta(days=i) for i in range(0, (last - first).days + 1, step)]

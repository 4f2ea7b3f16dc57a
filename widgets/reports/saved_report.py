"""A report saved in Mixpanel's Insights, by its id: `/insights`, all the shapes that its answers take."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, ClassVar

from widgets.report import Number, Report, ReportError, Series, Value, label, number
from widgets.spec import CHARTS, ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS, WidgetSpec

from .kind import Kind, Question, Request, totalled
from .reading import ReadError, day, mapping, moment, sequence
from .retention import USERS, cohort_row, columns, percent

OVERALL = "$overall"
UNDATED = "all"
AVERAGE = "$average"
TIME = "Time"
MOST_COLUMNS = 366

Path = tuple[str, ...]
Points = dict[str, Value]


class SavedReport(Kind):
    name: ClassVar[str] = "saved_report"
    title: ClassVar[str] = "Saved report"
    about: ClassVar[str] = "A report that was made and saved in Mixpanel, with its own dates."
    fields: ClassVar[tuple[str, ...]] = ("saved_report",)
    charts: ClassVar[tuple[str, ...]] = (*TIME_SERIES_CHARTS, *ONE_TOTAL_CHARTS, "table", "funnel", "cohort")

    def question(self, spec: WidgetSpec) -> Question:
        return super().question(spec) | {"saved_report": spec.saved_report}

    def request(self, question: Question, today: date) -> Request:
        return Request("insights", {"bookmark_id": question["saved_report"]})

    def read(self, answer: Any, question: Question, today: date) -> Report:
        body = mapping(answer, "series")
        metrics = mapping(body.get("series"), "series")
        computed_at = moment(body.get("computed_at"))
        headers = [label(h) for h in sequence(body.get("headers") or [], "headers") if h != "$event"]
        if report := funnel_report(metrics) or retention_report(metrics, today):
            return replace(report, computed_at=computed_at)
        leaves = list(leaves_of(metrics))
        several = len({path[0] for path, _ in leaves}) > 1
        named = [(name_of(path, several=several), points) for path, points in leaves]
        report = dated_or_not(named, mapping(body.get("date_range") or {}, "the date range"))
        return replace(
            report,
            labels_name=report.labels_name or (headers[-1] if len(headers) == 1 and not several else "Name"),
            values_name=leaves[0][0][0] if leaves and not several else "Total",
            computed_at=computed_at,
        )

    def labels_name(self, spec: WidgetSpec) -> str:
        return ""

    def values_name(self, spec: WidgetSpec) -> str:
        return ""

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        if not report.series:
            return empty(report, spec.chart)
        if spec.one_total and report.shape == "dates" and len(report.rows) > 1:
            raise ReportError(
                f"This saved report gives numbers by date, which can't be added up to a {CHARTS[spec.chart].lower()}. "
                "Choose a line or a table, or save the report in Mixpanel as a bar, pie or metric."
            )
        fitting = drawable(report)
        if spec.chart not in fitting:
            raise ReportError(
                f"What this saved report gives can't be drawn as a {CHARTS[spec.chart].lower()}. "
                f"Choose {'' if len(fitting) == 1 else 'one of: '}{', '.join(fitting)}."
            )
        if spec.percent and report.series[0].label == USERS:
            return percent(report)
        return totalled(report) if spec.one_total and report.shape == "dates" else report


def drawable(report: Report) -> tuple[str, ...]:
    """The charts that an answer of this shape can fill."""
    if report.shape == "total":
        return (*ONE_TOTAL_CHARTS, "table")
    if report.shape == "steps":
        return ("table",) if report.labels_name == TIME else ("funnel", "table", "list")
    return (*TIME_SERIES_CHARTS, "table", "cohort", *(ONE_TOTAL_CHARTS if len(report.rows) == 1 else ()))


def empty(report: Report, chart: str) -> Report:
    """An answer without numbers fits any chart: what to show then is the layout's affair."""
    if chart in (*TIME_SERIES_CHARTS, "cohort"):
        return replace(report, shape="dates", rows=())
    return replace(report, shape="steps", rows=()) if chart == "funnel" else report


def leaves_of(node: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Points]]:
    """Each (labels from the metric down, {date or "all": n}) of the nested answer.

    A `$overall` that has siblings is left out: it is their sum, not a value of the breakdown.
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
            yield here, {key: number(value) for key, value in values.items()}


def name_of(path: Path, *, several: bool) -> str:
    """One metric with a breakdown: the values alone; otherwise `metric / value`."""
    return " / ".join(path if several or len(path) == 1 else path[1:])


def dated_or_not(named: list[tuple[str, Points]], date_range: Mapping[str, Any]) -> Report:
    keys = list(dict.fromkeys(key for _, points in named for key in points))
    if not keys:
        return Report("total", ("",), ())
    if keys == [UNDATED]:
        series = (Series(name, (points.get(UNDATED) or 0,)) for name, points in named)
        return Report("total", ("",), tuple(series))
    days = {key: at for key in keys if key != UNDATED and (at := day(key)) is not None}
    if not days:
        raise ReadError("Mixpanel's answer could not be read: its saved report has no dates.")
    if len(set(days.values())) < len(days):
        # Several points in time on one date: hours, which Cyfe has no date form for.
        times = sorted(days)
        rows = tuple(label(time[:16]).replace("T", " ") for time in times)
        hourly = (Series(name, tuple(map(points.get, times))) for name, points in named)
        return Report("steps", rows, tuple(hourly), labels_name=TIME)
    dates = filled(sorted(days.values()), date_range)
    key_of = {at: key for key, at in days.items()}
    series = (Series(name, tuple(points.get(key_of.get(at, "")) or 0 for at in dates)) for name, points in named)
    return Report("dates", tuple(dates), tuple(series))


def filled(dates: list[date], date_range: Mapping[str, Any]) -> list[date]:
    """The dates with the gaps of a daily or weekly report filled, out to the ends of a daily range."""
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


def funnel_report(metrics: Mapping[str, Any]) -> Report | None:
    """A saved funnel: `{metric: {"count": {"1. App Open": {"all": n}}, …}}`; None for anything else."""
    counts = [metric["count"] for metric in metrics.values() if is_funnel(metric)]
    if not counts or len(counts) != len(metrics):
        return None
    steps = mapping(counts[0], "the funnel's steps")
    rows = tuple(label(name) for name in steps)
    values = tuple(step_count(step) for step in steps.values())
    return Report("steps", rows, (Series("Count", values),), labels_name="Step", values_name="Count")


def step_count(step: Any) -> Number:
    """Raises ReadError where a step has dates or a breakdown instead of one count: 0 would be wrong."""
    if UNDATED not in mapping(step, "a step"):
        raise ReadError("Mixpanel's answer could not be read: its saved funnel has no totals.")
    return number(step[UNDATED]) or 0


def is_funnel(metric: Any) -> bool:
    return isinstance(metric, dict) and isinstance(metric.get("count"), dict) and "step_conv_ratio" in metric


def retention_report(metrics: Mapping[str, Any], today: date) -> Report | None:
    """Saved retention: `{metric: {date: {"first", "counts", "rates"}, "$average": …}}`; None otherwise."""
    metric = next(iter(metrics.values()), None)
    if not isinstance(metric, dict):
        return None
    cohorts = {
        at: cohort
        for key, cohort in metric.items()
        if key != AVERAGE and isinstance(cohort, dict) and "counts" in cohort and (at := day(key))
    }
    if not cohorts:
        return None
    dates = tuple(sorted(cohorts))
    width = max(len(sequence(cohort["counts"], "a cohort's counts")[:MOST_COLUMNS]) for cohort in cohorts.values())
    gap = min(((b - a).days for a, b in pairwise(dates)), default=1)
    unit = "day" if gap < 7 else "week" if gap < 28 else "month"
    # The report was computed some time ago: what it lacks had not happened then.
    table = [cohort_row(cohorts[at], at, unit, width, today, missing=None) for at in dates]
    names = [USERS, *map(str, range(width))]
    return Report("dates", dates, tuple(map(Series, names, columns(table, width + 1))))

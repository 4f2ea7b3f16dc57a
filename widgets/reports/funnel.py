"""The report type `funnel`: the counts and conversions of its steps, over the whole range or by date.

With the engine `classic`, `/funnels` answers saved funnels. With the engine `insights`, `/insights` answers saved
funnels and funnels of listed events. A saved funnel then has the dates that were saved in Mixpanel. A funnel of listed
events is an unsaved report.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from widgets.report import Number, Report, ReportError, Series, Value, label
from widgets.reports.either import expressions, too_many_days
from widgets.reports.expressions import property_expression, property_title
from widgets.reports.insights import steps as unsaved_funnel
from widgets.reports.insights.tables import OVERALL
from widgets.reports.notes import note_on
from widgets.reports.reading import (
    check_labels,
    check_size,
    count,
    mapping,
    percentage,
    sequence,
    unreadable,
    values_by_bucket,
)
from widgets.reports.report_type import FILTER_FIELDS, RANGE_FIELDS, Query, ReportType, Request, calendar_of, params_of
from widgets.spec import CLASSIC, TIME_SERIES_CHARTS, Problem, WidgetSpec

MOST_CONVERSION_DAYS = 366
"""The maximum number of days from a funnel's first step to its last.

Source: mixpanel-headless 0.4.0, `_internal/validation.py`.
"""


class Funnel(ReportType):
    name = "funnel"
    title = "Funnel"
    about = (
        "How many people go from step to step: a funnel saved in Mixpanel, or the events that you list as its steps."
    )
    fields = ("funnel", "events", "conversion_days", "breakdown", "limit", *FILTER_FIELDS, *RANGE_FIELDS)
    charts = ("funnel", "table", "list", "number", "gauge", *TIME_SERIES_CHARTS)
    usual_chart = "funnel"
    no_chart = "the steps of a funnel are not parts of a whole"

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        if spec.breakdown and spec.chart in ("funnel", "list", "number", "gauge"):
            yield Problem(
                "breakdown",
                f"The chart “{spec.chart}” shows one column of numbers. Leave the breakdown empty, or choose the chart "
                "table or line.",
            )
        if spec.funnel and spec.events:
            yield Problem("events", "Choose a saved funnel or list the steps, not both. Empty one of the two fields.")
        elif spec.funnel and engine != CLASSIC:
            yield from saved_problems(spec)
        elif not spec.funnel and engine == CLASSIC:
            why = "With the engine “Classic”, a funnel must be saved in Mixpanel. "
            yield Problem("funnel", f"{why if spec.events else ''}{FUNNEL_NEEDED}")
        elif not spec.funnel:
            yield from steps_problems(spec)

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        # The project's engine can change before a deleted widget is restored. So a widget that needs the engine
        # `classic` can be in a project with the engine `insights`.
        if spec.funnel and (engine == CLASSIC or any(saved_problems(spec))):
            query = super().query(spec, engine) | {"funnel": spec.funnel}
            return query | ({"on": property_expression(spec.breakdown), "limit": spec.limit} if spec.breakdown else {})
        if spec.funnel:
            return {"report": self.name, "saved_report": spec.funnel}
        query = self.dated_query(spec) | {"steps": list(spec.events), "window": spec.conversion_days}
        if spec.chart in TIME_SERIES_CHARTS:
            query["by_date"] = True
        if spec.filters:
            query["filters"] = [list(each) for each in spec.filters]
        return query | ({"breakdown": spec.breakdown, "limit": spec.limit} if spec.breakdown else {})

    def request(self, query: Query, today: date) -> Request:
        if "steps" in query:
            return unsaved_funnel.request(query, today)
        if "saved_report" in query:
            return Request("insights", {"bookmark_id": query["saved_report"]})
        return Request("funnels", params_of(query, today, funnel_id=query["funnel"]))

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """One series per breakdown value and step. Without a breakdown, the value is `$overall`.

        An answer of `/funnels` has the counts by date. For an answer of `/insights`, see `insights.steps.read`.
        """
        if "funnel" not in query:
            return unsaved_funnel.read(answer, query, today)
        calendar = calendar_of(query, today)
        counts: dict[str, dict[int, dict[date, Number]]] = {}
        titles: dict[int, str] = {}
        data = mapping(mapping(answer, "data").get("data"), "data")
        meta = answer.get("meta")
        named = meta.get("dates") if isinstance(meta, dict) else None
        calendar.check_named(data or sequence(named or [], "the list of dates"))
        for key, by_segment in data.items():
            bucket = calendar.bucket(key)
            found = list(segments(mapping(by_segment, "the list of steps of a date")))
            if "on" not in query:
                found = overall_of(found)
            check_labels(len(found), query.get("limit", 1))
            for segment, steps in found:
                for i, entry in enumerate(sequence(steps, "steps")):
                    step = mapping(entry, "a step")
                    titles.setdefault(i, label(step.get("step_label") or step.get("event") or step.get("goal")))
                    points = counts.setdefault(segment, {}).setdefault(i, {})
                    points[bucket] = points.get(bucket, 0) + count(step.get("count"))
        if len(counts) > 1:
            counts.pop(OVERALL, None)  # `$overall` is the sum of all breakdown values
        check_size(len(counts), len(titles), len(calendar.buckets))
        series = tuple(
            Series(segment, values_by_bucket(calendar.buckets, by_step.get(i, {})), step=titles[i])
            for segment, by_step in counts.items()
            for i in titles
        )
        return Report("dates", calendar.buckets, series, note=note_on(answer))

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        if spec.chart in TIME_SERIES_CHARTS and report.row_kind != "dates":
            raise ReportError(
                "This saved funnel has numbers per step, but no conversions by date. Choose the chart funnel."
            )
        if spec.chart in TIME_SERIES_CHARTS and not any(each.step for each in report.series):
            return conversions(report, spec)
        funnels = [(name, list(each)) for name, each in groupby(report.series, key=lambda s: s.label)]
        if spec.breakdown and not spec.sort:
            funnels.sort(key=lambda funnel: (-sum(step.total for step in funnel[1]), funnel[0]))
        if spec.chart in TIME_SERIES_CHARTS:
            ratios = (
                Series(name, tuple(map(conversion, found[0].values, found[-1].values))) for name, found in funnels
            )
            return conversions(report.with_series(ratios), spec)
        if spec.chart in ("number", "gauge"):
            found = funnels[0][1] if funnels else []
            overall = conversion(found[0].total, found[-1].total) if found else None
            return Report("total", ("",), (Series("Conversion", (overall or 0,)),), values_name="Conversion")
        return steps_report(funnels, with_conversion=spec.chart == "table" and not spec.breakdown)


def conversions(report: Report, spec: WidgetSpec) -> Report:
    """Sets the headings of a report of conversions by date, and renames the series `$overall`."""
    series = (replace(each, label="Conversion") if each.label == OVERALL else each for each in report.series)
    labels = property_title(spec.breakdown) or "Step"
    return replace(report.with_series(series), values_name="Conversion", labels_name=labels)


FUNNEL_NEEDED = (
    "Choose a saved funnel, or enter its number: the number after “view/” in the funnel's address at Mixpanel."
)


def saved_problems(spec: WidgetSpec) -> Iterator[Problem]:
    """The settings that Insights can't apply to a saved funnel: a breakdown, filters, and a chart with dates."""
    saved = "Mixpanel answers a saved funnel with the dates, breakdown and filters that were saved."
    for field in ("breakdown", "filters", "where"):
        if getattr(spec, field):
            yield Problem(field, f"{saved} Leave this field empty, or list the steps instead of the saved funnel.")
    if spec.chart in TIME_SERIES_CHARTS:
        yield Problem("chart", f"{saved} Choose the chart funnel, table, list, number or gauge.")


def steps_problems(spec: WidgetSpec) -> Iterator[Problem]:
    if not spec.events:
        yield Problem("funnel", "Choose a saved funnel, or enter the steps of a funnel as events.")
    elif len(spec.events) == 1:
        yield Problem("events", "A funnel needs at least two steps. Add another event.")
    elif len(spec.events) > unsaved_funnel.MOST_STEPS:
        yield Problem("events", f"A funnel has at most {unsaved_funnel.MOST_STEPS} steps. Remove some events.")
    if not 1 <= spec.conversion_days <= MOST_CONVERSION_DAYS:
        yield Problem("conversion_days", f"Enter a number of days from 1 to {MOST_CONVERSION_DAYS}.")
    yield from expressions(spec)
    yield from too_many_days(spec)


def segments(by_segment: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The breakdown values of one date, each with its list of steps. `$overall` stands for all people."""
    if OVERALL not in by_segment and isinstance(by_segment.get("steps"), list):
        yield OVERALL, by_segment["steps"]
        return
    for name, steps in by_segment.items():
        yield label(name), steps["steps"] if isinstance(steps, dict) and "steps" in steps else steps


def overall_of(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The entry `$overall` in the result of `segments`. Raises ReadError if its steps are missing."""
    overall = [(segment, steps) for segment, steps in found if segment == OVERALL]
    if not overall or not overall[0][1]:
        raise unreadable("the steps of a date are missing")
    return overall


def steps_report(funnels: list[tuple[str, list[Series]]], *, with_conversion: bool) -> Report:
    """One row per step and one series per breakdown value, with the counts summed over the dates.

    `with_conversion` adds two series: each count in percent of the step before, and in percent of the first step.
    """
    if not funnels:
        return Report("steps", (), (), labels_name="Step", values_name="Count")
    rows = tuple(step.step for step in funnels[0][1])
    series = [
        Series("Count" if name == OVERALL else name, tuple(step.total for step in found)) for name, found in funnels
    ]
    if with_conversion:
        counts = series[0].values
        before = (counts[0], *counts[:-1])
        series.append(Series("Conversion", tuple(map(conversion, before, counts))))
        series.append(Series("From start", tuple(conversion(counts[0], count) for count in counts)))
    return Report("steps", rows, tuple(series), labels_name="Step", values_name="Count")


def conversion(start: Value, end: Value) -> Value:
    """`end` in percent of `start`; None if `start` is 0 or None."""
    return percentage(end or 0, start) if start else None

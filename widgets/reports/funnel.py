"""A saved funnel: `/funnels`. Counts are added up over dates, and conversions are computed from the sums."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from widgets.report import Number, Report, Series, Value, label
from widgets.reports.expressions import property_expression, property_title
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
from widgets.spec import TIME_SERIES_CHARTS, Problem, WidgetSpec

OVERALL = "$overall"


class Funnel(ReportType):
    name = "funnel"
    title = "Funnel"
    about = "A funnel saved in Mixpanel: its steps, or its conversion day by day."
    fields = ("funnel", "breakdown", "limit", *FILTER_FIELDS, *RANGE_FIELDS)
    charts = ("funnel", "table", "list", "number", "gauge", *TIME_SERIES_CHARTS)
    usual_chart = "funnel"
    no_chart = "steps are no parts of a whole"

    def validate(self, spec: WidgetSpec) -> Iterator[Problem]:
        if spec.breakdown and spec.chart in ("funnel", "list", "number", "gauge"):
            yield Problem(
                "breakdown",
                f"A {spec.chart} shows one column of numbers. Leave the breakdown empty, or choose table or line.",
            )

    def query(self, spec: WidgetSpec) -> Query:
        query = super().query(spec) | {"funnel": spec.funnel}
        if spec.breakdown:
            query |= {"on": property_expression(spec.breakdown), "limit": spec.limit}
        return query

    def request(self, query: Query, today: date) -> Request:
        return Request("funnels", params_of(query, today, funnel_id=query["funnel"]))

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """One series per breakdown value and step: the count by date. Without a breakdown the value is `$overall`."""
        calendar = calendar_of(query, today)
        counts: dict[str, dict[int, dict[date, Number]]] = {}
        titles: dict[int, str] = {}
        data = mapping(mapping(answer, "data").get("data"), "data")
        meta = answer.get("meta")
        named = meta.get("dates") if isinstance(meta, dict) else None
        calendar.check_named(data or sequence(named or [], "the list of dates"))
        for key, by_segment in data.items():
            bucket = calendar.bucket(key)
            found = list(segments(mapping(by_segment, "a date's steps")))
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
            counts.pop(OVERALL, None)  # the sum of all values, not one of them
        check_size(len(counts), len(titles), len(calendar.buckets))
        series = tuple(
            Series(segment, values_by_bucket(calendar.buckets, by_step.get(i, {})), step=titles[i])
            for segment, by_step in counts.items()
            for i in titles
        )
        return Report("dates", calendar.buckets, series, note=note_on(answer))

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        funnels = [(name, list(steps)) for name, steps in groupby(report.series, key=lambda s: s.label)]
        if spec.breakdown and not spec.sort:
            funnels.sort(key=lambda funnel: (-sum(step.total for step in funnel[1]), funnel[0]))
        if spec.chart in TIME_SERIES_CHARTS:
            return replace(
                report,
                series=tuple(
                    Series(
                        "Conversion" if name == OVERALL else name,
                        tuple(map(conversion, steps[0].values, steps[-1].values)),
                    )
                    for name, steps in funnels
                ),
                values_name="Conversion",
                labels_name=property_title(spec.breakdown) or "Step",
            )
        if spec.chart in ("number", "gauge"):
            steps = funnels[0][1] if funnels else []
            overall = conversion(steps[0].total, steps[-1].total) if steps else None
            return Report("total", ("",), (Series("Conversion", (overall or 0,)),), values_name="Conversion")
        return steps_report(funnels, with_conversion=spec.chart == "table" and not spec.breakdown)


def segments(by_segment: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each breakdown value with its steps, for one date. `$overall` is one of them."""
    if OVERALL not in by_segment and isinstance(by_segment.get("steps"), list):
        yield OVERALL, by_segment["steps"]
        return
    for name, steps in by_segment.items():
        yield label(name), steps["steps"] if isinstance(steps, dict) and "steps" in steps else steps


def overall_of(found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The `$overall` steps of one date, for a funnel without a breakdown. Raises ReadError if they are missing."""
    overall = [(segment, steps) for segment, steps in found if segment == OVERALL]
    if not overall or not overall[0][1]:
        raise unreadable("a date's steps are missing")
    return overall


def steps_report(funnels: list[tuple[str, list[Series]]], *, with_conversion: bool) -> Report:
    """One row per step, with the counts summed over the dates; one series per breakdown value."""
    if not funnels:
        return Report("steps", (), (), labels_name="Step", values_name="Count")
    rows = tuple(step.step for step in funnels[0][1])
    series = [
        Series("Count" if name == OVERALL else name, tuple(step.total for step in steps)) for name, steps in funnels
    ]
    if with_conversion:
        counts = series[0].values
        before = (counts[0], *counts[:-1])
        series.append(Series("Conversion", tuple(map(conversion, before, counts))))
        series.append(Series("From start", tuple(conversion(counts[0], count) for count in counts)))
    return Report("steps", rows, tuple(series), labels_name="Step", values_name="Count")


def conversion(start: Value, end: Value) -> Value:
    """`end` in percent of `start`; None if `start` is 0."""
    return percentage(end or 0, start) if start else None

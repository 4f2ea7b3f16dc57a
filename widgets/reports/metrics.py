"""The report type `insights`: one or several metrics, or formulas over metrics, as an unsaved Insights report."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from widgets.report import Report, ReportError
from widgets.reports.either import EXPRESSION, AsksInsights, too_many_days
from widgets.reports.expressions import is_expression
from widgets.reports.insights import bookmark, unsaved
from widgets.reports.insights.formulas import letters, problem_in, sent
from widgets.reports.insights.hours import MOST_HOURS
from widgets.reports.ranges import MOST_DAYS_BY_HOUR
from widgets.reports.report_type import RANGE_FIELDS, Query, Request
from widgets.spec import (
    ANALYSES,
    CLASSIC,
    METRIC_MEASURES,
    OF_PROPERTY,
    ONE_TOTAL_CHARTS,
    TIME_SERIES_CHARTS,
    Metric,
    Problem,
    WidgetSpec,
)

ADDITIVE = ("total", "sum")
LONGEST_LABEL = 255
LONG_LABEL = f"the label has more than {LONGEST_LABEL} characters. Shorten the label."
DAYS_BY_HOUR = f"Mixpanel gives numbers by hour for at most {MOST_DAYS_BY_HOUR} days."
ONLY_INSIGHTS = (
    "works only in a project with the engine “Insights”. Choose another report, or ask a lead of the project to "
    "change the engine."
)


class Metrics(AsksInsights):
    name = "insights"
    title = "Several metrics and formulas"
    about = (
        "Up to 40 metrics and formulas together. Each metric has its own measure and filters; a formula calculates "
        "with metrics. Choose this report for active users, percentiles, numbers by hour, conversion rates and ratios."
    )
    fields = ("metrics", "formulas", "breakdown", "analysis", "window", "overlay_previous", *RANGE_FIELDS)
    charts = (*TIME_SERIES_CHARTS, *ONE_TOTAL_CHARTS, "table")
    compares = True

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        if engine == CLASSIC:
            yield Problem("report", f"The report “{self.title}” {ONLY_INSIGHTS}")
        if is_expression(spec.breakdown):
            yield Problem("breakdown", EXPRESSION)
        yield from metric_problems(spec)
        yield from formula_problems(spec)
        yield from chart_problems(spec, adds_up=self.adds_up(spec))
        if not self.in_one_bucket(spec):
            yield from too_many_days(spec)

    def adds_up(self, spec: WidgetSpec) -> bool:
        linear = spec.analysis == "linear" and not spec.formulas
        return linear and all(each.measure in ADDITIVE for each in spec.metrics)

    def metrics(self, spec: WidgetSpec) -> list[dict[str, Any]]:
        return [bookmark.metric(each.event, each.measure, each.property, tuple(each.filters)) for each in spec.metrics]

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        query = self.insights_query(spec)
        if spec.formulas:
            query["formulas"] = [sent(each.formula) for each in spec.formulas]
        if spec.breakdown:
            query["breakdown"] = spec.breakdown
        if spec.analysis != "linear":
            query["analysis"] = spec.analysis
        if spec.analysis == "rolling":
            query["window"] = spec.window
        return query

    def request(self, query: Query, today: date) -> Request:
        return bookmark.request(query, today)

    def read(self, answer: Any, query: Query, today: date) -> Report:
        return unsaved.read(answer, query, today)

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        names = shown_names(spec)
        if any(int(each.step) >= len(names) for each in report.series):
            raise ReportError(
                "The stored numbers belong to metrics that the widget no longer has. Wait for the next refresh."
            )
        several = len(names) > 1
        series = []
        for each in report.series:
            name = names[int(each.step)]
            label = f"{name} / {each.label}" if spec.breakdown and several else each.label if spec.breakdown else name
            # `transforms` finds the breakdown value in `step`, and removes values such as `undefined`.
            series.append(replace(each, label=label, step=(each.label or " ") if spec.breakdown else ""))
        report = report.with_series(series)
        if spec.formulas:
            report = without_gaps(report) if report.row_kind == "total" else replace(report, gaps=True)
        return replace(
            super().view(report, spec),
            labels_name=spec.breakdown if spec.breakdown and not several else "Name",
            values_name="Total" if several else names[0],
        )

    def default_sort(self, spec: WidgetSpec) -> str:
        return "value" if spec.breakdown else "none"


def without_gaps(report: Report) -> Report:
    """Removes the empty series from a report of totals. Raises ReportError if all series are empty."""
    found = [each for each in report.series if each.values[0] is not None]
    if report.series and not found:
        raise ReportError("No formula has a result for these dates, for example because of a division by zero.")
    return report.with_series(found)


def shown_names(spec: WidgetSpec) -> list[str]:
    """One name per formula, or one name per metric if there are no formulas."""
    if spec.formulas:
        return [each.label.strip() or each.formula for each in spec.formulas]
    names = [each.label.strip() or each.event for each in spec.metrics]
    alike = Counter(names)
    return [
        f"{name} ({each.measure})" if alike[name] > 1 and not each.label.strip() else name
        for name, each in zip(names, spec.metrics, strict=True)
    ]


def metric_problems(spec: WidgetSpec) -> Iterator[Problem]:
    if not spec.metrics:
        yield Problem("metrics", "Enter at least one metric: choose an event by its name in Mixpanel.")
    if len(spec.metrics) + len(spec.formulas) > bookmark.MOST_METRICS:
        yield Problem(
            "metrics",
            f"A widget has at most {bookmark.MOST_METRICS} metrics and formulas together. Remove some of them.",
        )
    for i, metric in enumerate(spec.metrics):
        for message in problems_of(metric):
            yield Problem("metrics", f"Metric {letters(i)}: {message}")


def problems_of(metric: Metric) -> Iterator[str]:
    if not metric.event.strip():
        yield "choose an event."
    if metric.measure not in METRIC_MEASURES:
        yield f"“{metric.measure}” is not a measure. Choose one of: {', '.join(METRIC_MEASURES)}."
    elif metric.measure in OF_PROPERTY and not metric.property.strip():
        yield f"“{METRIC_MEASURES[metric.measure]}” needs a property. Enter the property's name, for example amount."
    elif metric.property.strip() and metric.measure not in OF_PROPERTY:
        yield f"“{METRIC_MEASURES[metric.measure]}” uses no property. Remove the property, or choose another measure."
    if is_expression(metric.property) or any(is_expression(each.property) for each in metric.filters):
        yield "Insights can't read expressions. Enter the property's plain name."
    if len(metric.label) > LONGEST_LABEL:
        yield LONG_LABEL


def formula_problems(spec: WidgetSpec) -> Iterator[Problem]:
    for i, formula in enumerate(spec.formulas, 1):
        if message := problem_in(formula.formula, len(spec.metrics)):
            yield Problem("formulas", f"Formula {i}: {message}")
        if len(formula.label) > LONGEST_LABEL:
            yield Problem("formulas", f"Formula {i}: {LONG_LABEL}")
    twice = [text for text, number in Counter(sent(each.formula) for each in spec.formulas).items() if number > 1]
    if twice:
        yield Problem("formulas", f"The formula {twice[0]} appears more than once. Keep only one.")


def chart_problems(spec: WidgetSpec, *, adds_up: bool) -> Iterator[Problem]:
    shown = len(spec.formulas) or len(spec.metrics)
    if spec.chart in ("number", "gauge") and not adds_up and (shown > 1 or spec.breakdown):
        yield Problem(
            "chart",
            f"The chart “{spec.chart}” shows one number, and these values can't be added up. Keep one metric or "
            "formula without a breakdown, or choose another chart.",
        )
    if spec.chart == "map" and not spec.breakdown:
        yield Problem("breakdown", "A map needs a breakdown by country code: enter mp_country_code.")
    if spec.chart == "map" and shown > 1:
        yield Problem("chart", "A map shows only one metric or formula. Keep one, or choose another chart.")
    if spec.analysis != "linear" and spec.one_total:
        yield Problem(
            "analysis", f"“{ANALYSES[spec.analysis]}” needs a chart with dates, such as line. Choose another chart."
        )
    if spec.analysis != "linear" and spec.compares:
        yield Problem(
            "analysis",
            "Cumulative and rolling values can't be compared with the period before. Choose the values “As they are”, "
            "or switch the option “comparison” off.",
        )
    if spec.analysis == "cumulative" and spec.overlay_previous:
        yield Problem("overlay_previous", "A cumulative chart can't show the period before. Choose another analysis.")
    if spec.analysis == "rolling" and not 2 <= (spec.window or 0) <= 366:
        yield Problem("window", "Enter how many hours, days, weeks or months the average spans, from 2 to 366.")
    if spec.unit == "hour" and spec.range == "last" and spec.last > MOST_HOURS:
        yield Problem("last", f"{DAYS_BY_HOUR} Enter at most {MOST_HOURS} hours.")
    if spec.unit == "hour" and spec.range in ("quarter_to_date", "year_to_date", "last_quarter"):
        yield Problem("range", f"{DAYS_BY_HOUR} Choose a shorter range, or numbers by day.")
    days = (spec.to_date - spec.from_date).days + 1 if spec.from_date and spec.to_date else 0
    if spec.unit == "hour" and spec.range == "fixed" and days > MOST_DAYS_BY_HOUR:
        yield Problem("to_date", f"{DAYS_BY_HOUR} Choose a shorter range, or numbers by day.")

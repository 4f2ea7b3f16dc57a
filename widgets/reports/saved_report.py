"""The report type `saved_report`: a report saved in Mixpanel, requested from `/insights` by its id."""

from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

from widgets.report import Report, ReportError, Series
from widgets.reports.insights.saved import TIME, read_insights
from widgets.reports.insights.tables import OVERALL
from widgets.reports.report_type import Query, ReportType, Request, totalled
from widgets.reports.retention import USERS, percent
from widgets.spec import CHARTS, ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS, WidgetSpec


class SavedReport(ReportType):
    name = "saved_report"
    title = "Saved report"
    about = "A report that was made and saved in Mixpanel, with its own dates."
    fields = ("saved_report",)
    charts = (*TIME_SERIES_CHARTS, *ONE_TOTAL_CHARTS, "table", "funnel", "cohort")
    compares = True
    compares_dates = True

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        return super().query(spec, engine) | {"saved_report": spec.saved_report}

    def request(self, query: Query, today: date) -> Request:
        return Request("insights", {"bookmark_id": query["saved_report"]})

    def read(self, answer: Any, query: Query, today: date) -> Report:
        return read_insights(answer, today)

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        if not report.series:
            return empty(report, spec.chart)
        if spec.one_total and report.row_kind == "dates" and len(report.rows) > 1:
            raise ReportError(
                f"This saved report gives numbers by date, and the chart “{CHARTS[spec.chart].lower()}” needs one "
                "total. Choose the chart line or table, or save the report in Mixpanel as a bar, pie or metric."
            )
        fitting = drawable(report)
        if spec.chart not in fitting:
            raise ReportError(
                f"The chart “{CHARTS[spec.chart].lower()}” can't show this saved report. "
                f"Choose {'the chart ' if len(fitting) == 1 else 'one of these charts: '}{', '.join(fitting)}."
            )
        if spec.compares and all(series.previous is None for series in report.series):
            raise ReportError(
                "This saved report gives no number for the period before. In Mixpanel, compare the report with a past "
                "period and save it, or switch the option “comparison” off here."
            )
        if report.row_kind == "steps" and report.labels_name != TIME:
            return funnel_view(report, spec)
        if any(series.step for series in report.series):
            return retention_view(report, spec)
        report = in_percent(report, spec)
        return totalled(report) if spec.one_total and report.row_kind == "dates" else report


def drawable(report: Report) -> tuple[str, ...]:
    """The charts that fit the rows of this report. `funnel_view` and `retention_view` still refuse some of them."""
    if report.row_kind == "total":
        return (*ONE_TOTAL_CHARTS, "table")
    if report.row_kind == "steps":
        return ("table",) if report.labels_name == TIME else ("funnel", "table", "list")
    return (*TIME_SERIES_CHARTS, "table", "cohort", *(ONE_TOTAL_CHARTS if len(report.rows) == 1 else ()))


def empty(report: Report, chart: str) -> Report:
    """A saved report without numbers, in the form that the chart needs."""
    if chart in (*TIME_SERIES_CHARTS, "cohort"):
        return replace(report, row_kind="dates", rows=())
    return replace(report, row_kind="steps", rows=()) if chart == "funnel" else report


def retention_view(report: Report, spec: WidgetSpec) -> Report:
    """Saved retention with a breakdown. A cohort chart shows all users together, or the only breakdown value. Other
    charts have the columns of all users, and one series per breakdown value and column, named `value / column`."""
    everybody = [each for each in report.series if not each.step]
    if spec.chart == "cohort":
        values = list(dict.fromkeys(each.label for each in report.series if each.step))
        if not everybody and len(values) > 1:
            raise ReportError(
                "The chart “cohort” shows one group of people, and this saved report has one group per value of its "
                "breakdown. Choose the chart table, or remove the breakdown in Mixpanel."
            )
        shown = everybody or [replace(each, label=each.step, step="") for each in report.series]
        return in_percent(report.with_series(shown), spec)
    tables = [everybody] if everybody else []
    tables += [list(each) for _, each in groupby((s for s in report.series if s.step), key=lambda s: s.label)]
    named: list[Series] = []
    for table in tables:
        columns = [replace(each, label=each.step or each.label, step="") for each in table]
        named += [
            replace(column, label=f"{each.label} / {column.label}" if each.step else column.label)
            for each, column in zip(table, in_percent(report.with_series(columns), spec).series, strict=True)
        ]
    return report.with_series(named)


def in_percent(report: Report, spec: WidgetSpec) -> Report:
    return percent(report) if spec.percent and report.series[0].label == USERS else report


def funnel_view(report: Report, spec: WidgetSpec) -> Report:
    """With a breakdown, a table has one column per value, and other charts show all users together.

    Raises ReportError if a chart needs the numbers of all users, and the report lacks them.
    """
    if len(report.series) == 1:
        return report
    overall = [replace(each, label="Count") for each in report.series if each.label == OVERALL]
    if spec.chart == "table":
        return report.with_series(each for each in report.series if each.label != OVERALL)
    if not overall:
        raise ReportError(
            f"The chart “{CHARTS[spec.chart].lower()}” shows one column of numbers, and this saved funnel has one "
            "column per value of its breakdown. Choose the chart table, or remove the breakdown in Mixpanel."
        )
    return report.with_series(overall)

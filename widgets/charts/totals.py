"""A report of one total a series, read as the list of labels and numbers that most of its charts are."""

from typing import NamedTuple

from widgets.report import Number, Report, ReportError, Value


class Total(NamedTuple):
    label: str
    value: Number


class Figure(NamedTuple):
    """One number for a whole report, and the previous period's where that is known."""

    label: str
    value: Number
    previous: Value


def totals(report: Report) -> list[Total]:
    """A total a series; what didn't happen counts 0."""
    return [Total(series.label, series.values[0] or 0) for series in report.series]


def one_figure(report: Report) -> Figure:
    """The report as one number, 0 where nothing happened; raises ReportError for several that don't add up."""
    if len(report.series) == 1:
        only = report.series[0]
        return Figure(only.label or report.values_name, totals(report)[0].value, only.previous)
    if not report.additive:
        raise ReportError(
            f"One figure can't stand for {len(report.series)} values that don't add up, such as unique users "
            "or averages. Ask for a single event without a breakdown, or measure totals."
        )
    previous = [series.previous for series in report.series if series.previous is not None]
    return Figure(
        report.values_name or "Total",
        sum(total.value for total in totals(report)),
        sum(previous) if previous else None,
    )

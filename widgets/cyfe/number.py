"""Number: one figure under its name."""

from typing import NamedTuple

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, values_of_totals
from widgets.cyfe.numbers import added
from widgets.cyfe.options import color_row
from widgets.report import Number, Report, ReportError


class Figure(NamedTuple):
    label: str
    value: Number
    previous: Number


class NumberLayout(Layout):
    charts = ("number",)
    row_kinds = ("total",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        figure = one_figure(report)
        colors = drawing.colors_for([figure.label])
        rows = ((figure.value,), (figure.previous,))
        return Table(
            columns=(figure.label,),
            rows=rows if drawing.wants("comparison") else rows[:1],
            options=color_row(drawing, colors),
            colors=colors,
        )


def one_figure(report: Report) -> Figure:
    """The report as one figure, 0 without any data. Several series are added; ReportError where they don't add up."""
    name = report.values_name
    if not report.series:
        return Figure(name or "Value", 0, 0)
    if len(report.series) == 1:
        only = report.series[0]
        return Figure(only.label or name or "Value", values_of_totals(report)[0], only.previous or 0)
    if not report.additive:
        raise ReportError(
            f"One figure can't stand for {len(report.series)} values that don't add up, such as unique users "
            "or averages. Ask for a single event without a breakdown, or measure totals."
        )
    previous = added(series.previous for series in report.series)
    return Figure(name or "Total", added(values_of_totals(report)), previous)

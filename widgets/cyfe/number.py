"""The number chart: one number, with its name as the heading.

With the option `comparison`, a second row has the number of the period before.
"""

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
    """The sum of the report's series; 0 without data. Raises ReportError if several series can't be added up."""
    name = report.values_name
    if not report.series:
        return Figure(name or "Value", 0, 0)
    if len(report.series) == 1:
        only = report.series[0]
        return Figure(only.label or name or "Value", values_of_totals(report)[0], only.previous or 0)
    if not report.additive:
        raise ReportError(
            f"{len(report.series)} values can't become one number, because values such as unique users or averages "
            "can't be added up. Choose a single event without a breakdown, or the measure total."
        )
    previous = added(series.previous for series in report.series)
    return Figure(name or "Total", added(values_of_totals(report)), previous)

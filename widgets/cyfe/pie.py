"""The pie and the donut: the labels are in the first row, and their values are in the second row."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, check_not_empty, values_of_totals
from widgets.cyfe.options import color_row
from widgets.report import Report


class PieLayout(Layout):
    charts = ("pie", "donut")
    row_kinds = ("total",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        check_not_empty(report)
        labels = tuple(series.label for series in report.series)
        colors = drawing.colors_for(labels)
        return Table(
            columns=labels,
            rows=(tuple(values_of_totals(report)),),
            options=color_row(drawing, colors),
            colors=colors,
        )

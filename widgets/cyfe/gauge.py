"""The gauge: one number and its target."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table
from widgets.cyfe.number import one_figure
from widgets.report import Report, ReportError


class GaugeLayout(Layout):
    charts = ("gauge",)
    row_kinds = ("total",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        if drawing.target is None:
            raise ReportError("A gauge needs a target. Set the widget's target.")
        figure = one_figure(report)
        colors = drawing.colors_for([figure.label])
        return Table(columns=(figure.label, "Target"), rows=((figure.value, drawing.target),), colors=colors)

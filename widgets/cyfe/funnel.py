"""The funnel chart: one row per step, in order, with the count of the step."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, check_not_empty, rows_of
from widgets.report import Report


class FunnelLayout(Layout):
    charts = ("funnel",)
    row_kinds = ("steps",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """Shows only the first series, because Cyfe's funnel has one column of counts."""
        check_not_empty(report)
        counts = report.series[0]
        return Table(
            columns=(report.labels_name or "Step", counts.label or "Count"),
            rows=rows_of(report.with_series([counts]), missing=0),
            labels_first=True,
            colors=drawing.colors_for([counts.label]),
        )

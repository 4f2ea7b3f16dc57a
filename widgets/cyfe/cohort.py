"""The cohort chart: one row per date and one column per series. Cells of future intervals are empty."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, check_not_empty, rows_of
from widgets.report import Report


class CohortLayout(Layout):
    charts = ("cohort",)
    row_kinds = ("dates",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        check_not_empty(report)
        return Table(
            columns=("Date", *(series.label for series in report.series)),
            rows=rows_of(report, missing=None),
            colors=drawing.colors_for([""]),
        )

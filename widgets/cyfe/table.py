"""The table: any number of columns with headings. Without data, the table has only the headings."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, dates_heading, earlier_series, is_empty, rows_of
from widgets.cyfe.listing import labelled_totals, totals_headings
from widgets.report import Report


class TableLayout(Layout):
    charts = ("table",)
    row_kinds = ("dates", "hours", "steps", "total")

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """One row per label for a report of totals, otherwise one row per date, hour or step."""
        if report.row_kind == "total":
            rows = () if is_empty(report) else labelled_totals(report)
            return Table(totals_headings(report), rows, labels_first=True)
        dated = report.row_kind in ("dates", "hours")
        earlier = earlier_series(report)
        report = report.with_series([*report.series, *earlier])
        headings = [series.label for series in report.series] or [report.values_name or "Value"]
        return Table(
            columns=(dates_heading(report) if dated else report.labels_name or "Step", *headings),
            rows=() if is_empty(report) else rows_of(report, missing=None),
            labels_first=report.row_kind != "dates",
            date_format="%Y-%m-%d",
            before=len(earlier),
        )

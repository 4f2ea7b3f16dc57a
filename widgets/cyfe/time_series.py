"""Time series: one line per date, one column per metric, option rows after the data."""

from widgets.cyfe.drawing import Drawing
from widgets.cyfe.layout import Layout, Table, is_empty, nothing_to_draw, rows_of
from widgets.cyfe.options import option_rows
from widgets.report import Report, Series
from widgets.spec import TIME_SERIES_CHARTS


class TimeSeriesLayout(Layout):
    charts = TIME_SERIES_CHARTS
    row_kinds = ("dates",)

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        if not report.series and report.values_name:
            # An event that did not happen is a line at zero, not an error.
            report = report.with_series([Series(report.values_name, (0,) * len(report.rows))])
        if is_empty(report):
            raise nothing_to_draw()
        return Table(
            columns=("Date", *(series.label for series in report.series)),
            rows=rows_of(report, missing=0),
            options=option_rows(report, drawing),
            colors=drawing.colors_for([series.label for series in report.series]),
        )

"""Time series: one row per date or hour, one column per series, and option rows after the data."""

from widgets.cyfe.drawing import Colors, Drawing, by_label, paler
from widgets.cyfe.layout import Layout, Table, check_not_empty, dates_heading, earlier_series, rows_of
from widgets.cyfe.options import option_rows
from widgets.report import Report, Series
from widgets.spec import TIME_SERIES_CHARTS


class TimeSeriesLayout(Layout):
    charts = TIME_SERIES_CHARTS
    row_kinds = ("dates", "hours")

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        if not report.series and report.values_name:
            # An event that did not happen gets a line at zero. A formula without a value gets an empty line.
            nothing = None if report.gaps else 0
            report = report.with_series([Series(report.values_name, (nothing,) * len(report.rows))])
        check_not_empty(report)
        earlier = earlier_series(report)
        colors = colors_of(report, earlier, drawing)
        report = report.with_series([*report.series, *earlier])
        return Table(
            columns=(dates_heading(report), *(series.label for series in report.series)),
            rows=rows_of(report, missing=None if report.gaps else 0),
            options=option_rows(report, drawing, colors),
            colors=colors,
            before=len(earlier),
        )


def colors_of(report: Report, earlier: list[Series], drawing: Drawing) -> Colors:
    """Each series' colour. The period before gets a paler shade, unless the widget's settings have a colour for it."""
    now = drawing.colors_for([series.label for series in report.series])
    named = by_label(drawing.colors, [series.label for series in (*report.series, *earlier)])[len(now) :]
    shades = [paler(color) for (_, color), series in zip(now, report.series, strict=True) if series.before]
    before = zip(earlier, named, shades, strict=True)
    return (*now, *((series.label, (own or shade).lower()) for series, own, shade in before))

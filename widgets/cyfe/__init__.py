"""Turns a Report and a Drawing (chart, colours and options) into a Table, and writes the Table as CSV or plain data.

CONTRIBUTING.md says how to add a chart layout.
"""

from dataclasses import replace

from widgets.cyfe.cohort import CohortLayout
from widgets.cyfe.country_map import MapLayout
from widgets.cyfe.drawing import Drawing
from widgets.cyfe.funnel import FunnelLayout
from widgets.cyfe.gauge import GaugeLayout
from widgets.cyfe.layout import Layout, Table
from widgets.cyfe.listing import ListLayout
from widgets.cyfe.number import NumberLayout
from widgets.cyfe.pie import PieLayout
from widgets.cyfe.table import TableLayout
from widgets.cyfe.time_series import TimeSeriesLayout
from widgets.cyfe.writing import table_as_json, write_csv
from widgets.report import Report, ReportError

__all__ = ["LAYOUTS", "Drawing", "Layout", "Table", "lay_out", "table_as_json", "write_csv"]

_LAYOUTS: tuple[type[Layout], ...] = (
    TimeSeriesLayout,
    PieLayout,
    FunnelLayout,
    ListLayout,
    TableLayout,
    NumberLayout,
    GaugeLayout,
    CohortLayout,
    MapLayout,
)

LAYOUTS: dict[str, Layout] = {chart: layout() for layout in _LAYOUTS for chart in layout.charts}
"""The chart type → its layout."""

_ROW_KINDS = {
    "dates": "numbers by date",
    "hours": "numbers by hour",
    "steps": "the steps of a funnel",
    "total": "one total for the whole range",
}


def lay_out(report: Report, drawing: Drawing) -> Table:
    """Raises ReportError if the chart of `drawing` can't show the report."""
    layout = LAYOUTS.get(drawing.chart)
    if layout is None:
        raise ReportError(f"There is no chart type “{drawing.chart}”. Choose one of: {', '.join(LAYOUTS)}.")
    if report.row_kind not in layout.row_kinds:
        drawn = " or ".join(_ROW_KINDS[row_kind] for row_kind in layout.row_kinds)
        raise ReportError(
            f"The chart type “{drawing.chart}” shows {drawn}, and this report has {_ROW_KINDS[report.row_kind]}. "
            "Choose another chart type."
        )
    return replace(
        layout.lay_out(report, drawing),
        chart=drawing.chart,
        title=drawing.title,
        additive=report.additive,
        percent=drawing.wants("percent"),
        reverse=drawing.wants("reverse"),
    )

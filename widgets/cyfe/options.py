"""Makes the option rows, which follow the data in the CSV, in the order of Cyfe's help article "Private URL"."""

from collections.abc import Mapping

from widgets.cyfe.drawing import Colors, Drawing
from widgets.cyfe.layout import Cells
from widgets.cyfe.numbers import added
from widgets.report import Report, ReportError

OPTION_ROWS = (
    "Color",
    "Type",
    "Cumulative",
    "Average",
    "Total",
    "Comparison",
    "Reverse",
    "ReverseGraph",
    "YAxis",
    "YAxisMin",
    "YAxisMax",
    "YAxisShow",
    "LabelShow",
)
"""Cyfe reads a line that starts with one of these names as an option of the chart."""

FLAGS = {
    "Cumulative": "cumulative",
    "Average": "average",
    "Reverse": "reverse",
    "ReverseGraph": "reverse_graph",
    "LabelShow": "show_labels",
}
"""The option row → the widget's option that adds the row. The row has a 1 for every series."""


def option_rows(report: Report, drawing: Drawing, colors: Colors) -> Mapping[str, Cells]:
    """The option rows of a time series: one value per series.

    Raises ReportError if the widget shows a total, but the values can't be added up.
    """
    labels = [series.label for series in report.series]
    rows: dict[str, Cells] = {name: [1] * len(labels) for name, option in FLAGS.items() if drawing.wants(option)}
    if drawing.colors:
        rows["Color"] = [color for _, color in colors]
    if drawing.wants("types"):
        rows["Type"] = drawing.types_for(labels)
    if drawing.wants("total"):
        rows["Total"] = totals(report)
    if drawing.wants("comparison"):
        rows["Comparison"] = [series.previous or 0 for series in report.series]
    if drawing.options.get("shared_axis") is not False:
        # Without this row, Cyfe gives every metric its own axis, and people can't compare the lines.
        rows["YAxis"] = [0] * len(labels)
    for name, option in {"YAxisMin": "axis_min", "YAxisMax": "axis_max", "YAxisShow": "show_axis"}.items():
        if (value := drawing.options.get(option)) is not None:
            rows[name] = [value] * len(labels)
    return {name: rows[name] for name in OPTION_ROWS if name in rows}


def totals(report: Report) -> Cells:
    if not report.additive:
        raise ReportError(
            "There is no total, because these values (such as unique users or averages) can't be added up. "
            'Switch the option "total" off, or choose the measure total.'
        )
    return [added(series.values) for series in report.series]


def color_row(drawing: Drawing, colors: Colors) -> Mapping[str, Cells]:
    """The option row `Color` of a chart that is not a time series, if the widget has colours."""
    return {"Color": [color for _, color in colors]} if drawing.colors and colors else {}

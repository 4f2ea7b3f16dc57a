"""The option rows after a chart's data, in the order of Cyfe's "Private URL" help article."""

from collections.abc import Callable, Mapping

from widgets.cyfe.drawing import Colors, Drawing
from widgets.cyfe.layout import Cells
from widgets.cyfe.numbers import added
from widgets.report import Report, ReportError

OptionRow = Callable[[Report, Drawing], Cells | None]
"""A function that returns one value per series, or None if the widget does not ask for the row."""


def _labels(report: Report) -> list[str]:
    return [series.label for series in report.series]


def _color(report: Report, drawing: Drawing) -> Cells | None:
    return [color for _, color in drawing.colors_for(_labels(report))] if drawing.colors else None


def _type(report: Report, drawing: Drawing) -> Cells | None:
    return drawing.types_for(_labels(report)) if drawing.options.get("types") else None


def _total(report: Report, drawing: Drawing) -> Cells | None:
    if not drawing.wants("total"):
        return None
    if not report.additive:
        raise ReportError(
            "There is no total: these values (such as unique users or averages) don't add up. "
            'Switch the option "total" off, or choose the measure total.'
        )
    return [added(series.values) for series in report.series]


def _comparison(report: Report, drawing: Drawing) -> Cells | None:
    return [series.previous or 0 for series in report.series] if drawing.wants("comparison") else None


def _shared_axis(report: Report, drawing: Drawing) -> Cells | None:
    # Without this row Cyfe gives every metric its own axis, and people could not compare the curves.
    return None if drawing.options.get("shared_axis") is False else [0] * len(report.series)


def _show_axis(report: Report, drawing: Drawing) -> Cells | None:
    shown = drawing.options.get("show_axis")
    return None if shown is None else [int(bool(shown))] * len(report.series)


def _flag(option: str) -> OptionRow:
    """1 per series if the option is on. No row if it is off: Cyfe treats a missing row as off."""
    return lambda report, drawing: [1] * len(report.series) if drawing.wants(option) else None


def _number(option: str) -> OptionRow:
    def row(report: Report, drawing: Drawing) -> Cells | None:
        value = drawing.options.get(option)
        return None if value is None else [value] * len(report.series)

    return row


_ROWS: dict[str, OptionRow] = {
    "Color": _color,
    "Type": _type,
    "Cumulative": _flag("cumulative"),
    "Average": _flag("average"),
    "Total": _total,
    "Comparison": _comparison,
    "Reverse": _flag("reverse"),
    "ReverseGraph": _flag("reverse_graph"),
    "YAxis": _shared_axis,
    "YAxisMin": _number("axis_min"),
    "YAxisMax": _number("axis_max"),
    "YAxisShow": _show_axis,
    "LabelShow": _flag("show_labels"),
}

OPTION_ROWS = tuple(_ROWS)
"""Cyfe reads a line that starts with one of these names as an option."""


def option_rows(report: Report, drawing: Drawing) -> Mapping[str, Cells]:
    """The option rows of a time series. Raises ReportError if the widget wants a total of values that don't add up."""
    asked = ((name, row(report, drawing)) for name, row in _ROWS.items())
    return {name: cells for name, cells in asked if cells is not None}


def color_row(drawing: Drawing, colors: Colors) -> Mapping[str, Cells]:
    """The `Color` row of the other charts, if the widget has colours."""
    return {"Color": [color for _, color in colors]} if drawing.colors and colors else {}

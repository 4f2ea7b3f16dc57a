"""Table: a row a date, step or label, and as many columns as fit beside each other."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from widgets.charts import wording
from widgets.charts.colors import GRID, MUTED
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.drawing import Drawing
from widgets.report import Report

_EDGE = 16
_TOP = 34
_LINE = 27
_MOST_ROWS = 12
_MOST_COLUMNS = 12
_NARROWEST, _WIDEST_NAMES, _WIDEST = 36.0, 240.0, 120.0
_GAP = 20
_SIZE = 14


class _Column(NamedTuple):
    heading: str
    cells: Sequence[str]
    width: float


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    rows = len(report.series) if report.row_kind == "total" else len(report.rows)
    shown = rows if rows <= _MOST_ROWS else _MOST_ROWS - 1
    columns = _fitting(_columns(report, shown))
    left_out = 0 if report.row_kind == "total" else 1 + len(report.series) - len(columns)
    rules = "".join(f"M{_EDGE} {_TOP + i * _LINE:.0f}H{WIDTH - _EDGE}" for i in range(shown))
    sheet.add("path", d=rules, ink=GRID, stroke="currentColor")
    taken = sum(column.width for column in columns) + _GAP * (len(columns) - 1)
    spare = (WIDTH - 2 * _EDGE - taken) / max(1, len(columns) - 1)
    x: float = _EDGE
    for i, column in enumerate(columns):
        # Names begin at their left, numbers end at their right.
        anchor, at = ("end", x + column.width) if i else ("start", x)
        sheet.text(at, 24, column.heading, size=13, anchor=anchor, ink=MUTED)
        texts = sheet.add("g", text_anchor=anchor, font_size=_SIZE)
        for j, cell in enumerate(column.cells):
            sheet.text(at, _TOP + j * _LINE + 18.5, cell, texts)
        x += column.width + _GAP + spare
    words = [
        f"{count:,} more {what}{'' if count == 1 else 's'}"
        for count, what in ((rows - shown, "row"), (left_out, "column"))
        if count
    ]
    if words:
        sheet.text(_EDGE, HEIGHT - 12, f"… and {' and '.join(words)}", size=13, ink=MUTED)


def _columns(report: Report, shown: int) -> list[_Column]:
    """More columns than fit, but no more cells than are shown."""
    if report.row_kind == "total":
        series = report.series[:shown]
        names = [one.label for one in series]
        numbers = [_column(report.values_name or "Value", [wording.full(one.values[0]) for one in series])]
    else:
        names = [wording.row_name(row) for row in report.rows[:shown]]
        numbers = [
            _column(one.label, [wording.full(value) for value in one.values[:shown]])
            for one in report.series[:_MOST_COLUMNS]
        ]
    dated = isinstance(report.rows[0], date)
    heading = "Date" if dated else report.labels_name or ("Step" if report.row_kind == "steps" else "Label")
    room = max(_WIDEST_NAMES, WIDTH - 2 * _EDGE - sum(column.width + _GAP for column in numbers))
    fitted = [wording.fitted(name, room, _SIZE) for name in names]
    return [_column(heading, fitted, room), *numbers]


def _column(heading: str, cells: Sequence[str], widest: float = _WIDEST) -> _Column:
    needed = max(wording.width(cell, _SIZE) for cell in cells)
    width = min(max(_NARROWEST, needed, min(wording.width(wording.plain(heading), 13), widest)), widest)
    return _Column(wording.fitted(heading, width, 13), cells, max(width, needed))


def _fitting(columns: Sequence[_Column]) -> list[_Column]:
    """The first of them, as many as there is room for, but always one of numbers."""
    end: float = _EDGE
    for i, column in enumerate(columns):
        if i > 1 and end + column.width > WIDTH - _EDGE:
            return list(columns[:i])
        end += column.width + _GAP
    return list(columns)

"""Table: the table itself, as many rows and columns as fit."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from widgets.charts import wording
from widgets.charts.colors import GRID, MUTED
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.layout import Cell, Table

_EDGE = 16
_TOP = 34
_LINE = 27
_MOST_ROWS = 12
_MOST_COLUMNS = 13
_NARROWEST, _WIDEST_NAMES, _WIDEST = 36.0, 240.0, 120.0
_GAP = 20
_SIZE = 14


class _Column(NamedTuple):
    heading: str
    cells: Sequence[str]
    width: float


def paint(sheet: Sheet, table: Table) -> None:
    rows = len(table.rows)
    shown = rows if rows <= _MOST_ROWS else _MOST_ROWS - 1
    columns = _columns(table, shown)
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
    if words := wording.left_out((rows - shown, "row"), (len(table.columns) - len(columns), "column")):
        sheet.text(_EDGE, HEIGHT - 12, words, size=13, ink=MUTED)


def _columns(table: Table, shown: int) -> list[_Column]:
    """The first columns, as many as there is room for, but always one of numbers."""
    columns = []
    end: float = _EDGE
    for i, heading in enumerate(table.columns[:_MOST_COLUMNS]):
        widest = _WIDEST if i else _WIDEST_NAMES if len(table.columns) > 2 else WIDTH - 2 * _EDGE - _WIDEST - _GAP
        cells = [_words(row[i], widest) for row in table.rows[:shown]]
        needed = max(wording.width(cell, _SIZE) for cell in cells)
        title = wording.fitted(heading, max(needed, widest), 13)
        width = max(_NARROWEST, needed, wording.width(title, 13))
        if i > 1 and end + width > WIDTH - _EDGE:
            break
        columns.append(_Column(title, cells, width))
        end += width + _GAP
    return columns


def _words(cell: Cell, room: float) -> str:
    if isinstance(cell, str):
        return wording.fitted(cell, room, _SIZE)
    return cell.isoformat() if isinstance(cell, date) else wording.full(cell)

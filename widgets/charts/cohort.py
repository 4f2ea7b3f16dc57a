"""Cohort: a table of dates and intervals whose cells are the darker the more people came back."""

from datetime import date
from typing import NamedTuple

from widgets.charts import axes, wording
from widgets.charts.colors import MUTED, TRACK, Ink, heat, on
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.drawing import Drawing
from widgets.report import Report, Series, Value

USERS = "Users"
"""The column that holds a cohort's size, where there is one (CYFE.md, "Cohort")."""

_EDGE = 14
_TOP = 34
_LOWEST, _HIGHEST = 16.0, 32.0
_NARROWEST, _WIDEST = 34.0, 76.0
_GAP = 2


class _Grid(NamedTuple):
    left: float
    width: float
    height: float
    size: float

    def x(self, column: int) -> float:
        return self.left + column * self.width

    def y(self, row: int) -> float:
        return _TOP + row * self.height


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    sized = report.series[0].label == USERS and len(report.series) > 1
    sizes = report.series[0].values if sized else (None,) * len(report.rows)
    intervals = report.series[1:] if sized else report.series
    percent = drawing.wants("percent")
    foot = HEIGHT - _TOP - 8
    rows = min(len(report.rows), int(foot // _LOWEST))
    if rows < len(report.rows):
        rows = int((foot - 18) // _LOWEST)
    names = [_name(row, report) for row in report.rows[:rows]]
    users = [wording.short(size or 0) for size in sizes[:rows]] if sized else []
    left = _EDGE + max(wording.width(name, 13.5) for name in names) + 10
    if sized:
        left += max(wording.width(USERS, 12.5), *(wording.width(size, 13.5) for size in users)) + 12
    columns = min(len(intervals), int((WIDTH - _EDGE - left) // _NARROWEST))
    more = len(intervals) - columns, len(report.rows) - rows
    height = min(_HIGHEST, (foot - (18 if any(more) else 0)) / rows)
    grid = _Grid(left, min(_WIDEST, (WIDTH - _EDGE - left) / columns), height, min(13.5, height * 0.66))
    _headings(sheet, grid, report, intervals[:columns], sized=sized)
    texts = sheet.add("g", font_size=grid.size)
    for i, name in enumerate(names):
        base = grid.y(i) + height / 2 + grid.size * 0.35
        sheet.text(_EDGE, base, name, texts)
        if sized:
            sheet.text(left - 10, base, users[i], texts, anchor="end", ink=MUTED)
    _cells(sheet, grid, _shares(intervals[:columns], sizes, rows, percent=percent), drawing)
    _left_out(sheet, more)


def _name(row: date | str, report: Report) -> str:
    if not isinstance(row, date):
        return wording.fitted(row, 120)
    dates = [row for row in report.rows if isinstance(row, date)]
    return axes.day(row, axes.unit_of(dates), with_year=axes.ambiguous(dates))


class _Cell(NamedTuple):
    words: str
    share: float


def _shares(
    intervals: tuple[Series, ...], sizes: tuple[Value, ...], rows: int, *, percent: bool
) -> list[list[_Cell | None]]:
    """What stands in every cell and how warm it is, 0 to 1; None where it has not happened yet."""
    most = max((value for one in intervals for value in one.values[:rows] if value is not None), default=0)
    table: list[list[_Cell | None]] = []
    for one in intervals:
        column: list[_Cell | None] = []
        for value, size in zip(one.values[:rows], sizes, strict=False):
            if value is None:
                column.append(None)
                continue
            # Percentages come as such; counts are compared with their cohort, else with each other.
            whole = 100 if percent else size or most
            share = min(max(value / whole, 0), 1) if whole else 0
            column.append(_Cell(wording.percent(value / 100) if percent else wording.short(value), share))
        table.append(column)
    return table


def _headings(sheet: Sheet, grid: _Grid, report: Report, intervals: tuple[Series, ...], *, sized: bool) -> None:
    texts = sheet.add("g", font_size=12.5, ink=MUTED)
    if sized:
        sheet.text(grid.left - 10, 24, USERS, texts, anchor="end")
    for j, one in enumerate(intervals):
        heading = wording.fitted(one.label, grid.width - 4, 12.5)
        sheet.text(grid.x(j) + grid.width / 2, 24, heading, texts, anchor="middle")


def _cells(sheet: Sheet, grid: _Grid, table: list[list[_Cell | None]], drawing: Drawing) -> None:
    scale = heat(drawing.colors_for([""])[0])
    grounds: dict[Ink, list[tuple[float, float, str]]] = {}
    for j, column in enumerate(table):
        for i, cell in enumerate(column):
            if cell is not None:
                # Less than even steps, because most shares are low.
                warmth = scale[round(cell.share**0.65 * (len(scale) - 1))] if cell.share else TRACK
                grounds.setdefault(warmth, []).append((grid.x(j), grid.y(i), cell.words))
    width, height = grid.width - _GAP, grid.height - _GAP
    size = min(grid.size, 13)
    for ground, cells in grounds.items():
        data = "".join(f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h-{width:.1f}z" for x, y, _ in cells)
        sheet.add("path", d=data, ink=ground)
        texts = sheet.add("g", font_size=size, text_anchor="middle", ink=on(ground))
        for x, y, words in cells:
            if wording.width(words, size) <= width:
                sheet.text(x + width / 2, y + height / 2 + size * 0.36, words, texts)


def _left_out(sheet: Sheet, more: tuple[int, int]) -> None:
    words = [
        f"{count:,} more {what}{'' if count == 1 else 's'}"
        for count, what in zip(more, ("column", "cohort"), strict=True)
        if count
    ]
    if words:
        sheet.text(_EDGE, HEIGHT - 8, f"… and {' and '.join(words)}", size=12.5, ink=MUTED)

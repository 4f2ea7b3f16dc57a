"""Cohort: a table of dates and intervals whose cells are the darker the more people came back."""

from datetime import date
from typing import NamedTuple

from widgets.charts import axes, wording
from widgets.charts.colors import MUTED, TRACK, heat, on
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.layout import Table
from widgets.report import Number

USERS = "Users"
"""The column that holds a cohort's size, where there is one."""

_EDGE = 14
_TOP = 34
_LOWEST, _HIGHEST = 16.0, 32.0
_NARROWEST, _WIDEST = 34.0, 76.0
_GAP = 2


class _Grid(NamedTuple):
    left: float
    width: float
    height: float
    rows: int
    columns: int


def paint(sheet: Sheet, table: Table) -> None:
    dates = [row[0] for row in table.rows if isinstance(row[0], date)]
    first = 2 if table.columns[1] == USERS and len(table.columns) > 2 else 1
    sizes = table.numbers(1) if first == 2 else []
    foot = HEIGHT - _TOP - 8
    rows = min(len(dates), int(foot // _LOWEST))
    if rows < len(dates):
        rows = int((foot - 18) // _LOWEST)
    unit, years = axes.unit_of(dates), axes.ambiguous(dates)
    names = [axes.day(each, unit, with_year=years) for each in dates[:rows]]
    left = _EDGE + max(wording.width(name, 13.5) for name in names) + 10
    if sizes:
        users = [wording.short(size) for size in sizes[:rows]]
        left += max(wording.width(USERS, 12.5), *(wording.width(size, 13.5) for size in users)) + 12
        sheet.text(left - 10, 24, USERS, size=12.5, anchor="end", ink=MUTED)
    columns = min(len(table.columns) - first, int((WIDTH - _EDGE - left) // _NARROWEST))
    more = len(table.columns) - first - columns, len(dates) - rows
    height = min(_HIGHEST, (foot - (18 if any(more) else 0)) / rows)
    grid = _Grid(left, min(_WIDEST, (WIDTH - _EDGE - left) / columns), height, rows, columns)
    size = min(13.5, height * 0.66)
    for i, name in enumerate(names):
        base = _TOP + (i + 0.5) * height + size * 0.35
        sheet.text(_EDGE, base, name, size=size)
        if sizes:
            sheet.text(left - 10, base, users[i], size=size, anchor="end", ink=MUTED)
    _cells(sheet, table, grid, sizes)
    if words := wording.left_out((more[0], "column"), (more[1], "cohort")):
        sheet.text(_EDGE, HEIGHT - 8, words, size=12.5, ink=MUTED)


def _cells(sheet: Sheet, table: Table, grid: _Grid, sizes: list[Number]) -> None:
    """The headings, and every cell of what has happened yet on the ground that its share deserves."""
    scale, first, size = heat(table.colors[0][1]), 2 if sizes else 1, min(13, grid.height * 0.66)
    shown = [row[first : first + grid.columns] for row in table.rows[: grid.rows]]
    most = max((cell for row in shown for cell in row if isinstance(cell, int | float)), default=0)
    for j, heading in enumerate(table.columns[first : first + grid.columns]):
        x = grid.left + (j + 0.5) * grid.width
        sheet.text(x, 24, wording.fitted(heading, grid.width - 4, 12.5), size=12.5, anchor="middle", ink=MUTED)
        for i, row in enumerate(shown):
            value = row[j]
            if not isinstance(value, int | float):
                continue
            # Percentages come as such; counts are compared with their cohort, else with each other.
            whole = 100 if table.percent else (sizes[i] if sizes else 0) or most
            share = min(max(value / whole, 0), 1) if whole else 0
            # Less than even steps, because most shares are low.
            ground = scale[round(share**0.65 * (len(scale) - 1))] if share else TRACK
            y = _TOP + i * grid.height
            width, height = grid.width - _GAP, grid.height - _GAP
            sheet.add("rect", x=x - grid.width / 2, y=y, width=width, height=height, ink=ground)
            words = wording.percent(value / 100) if table.percent else wording.short(value)
            if wording.width(words, size) <= width:
                base = y + height / 2 + size * 0.36
                sheet.text(x - _GAP / 2, base, words, size=size, anchor="middle", ink=on(ground))

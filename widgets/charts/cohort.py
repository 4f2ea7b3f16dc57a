"""The cohort chart as a heat map. A cell's colour is stronger if a larger share of people came back."""

from typing import Any

from widgets.charts.colors import shades
from widgets.cyfe.layout import Table
from widgets.report import Number

USERS = "Users"
"""The column with the size of each cohort. Some cohort charts do not have this column."""


def option(table: Table) -> dict[str, Any]:
    """Each cell of the heat map is a list of column, row, value and share. A future interval has no cell."""
    first = 2 if len(table.columns) > 2 and table.columns[1] == USERS else 1
    sizes = table.numbers(1) if first == 2 else []
    numbers = [cell for row in table.rows for cell in row[first:] if isinstance(cell, int | float)]
    most = max(numbers, default=0)
    cells = [
        [column, line, value, share(value, 100 if table.percent else (sizes[line] if sizes else 0) or most)]
        for line, row in enumerate(table.rows)
        for column, value in enumerate(row[first:])
        if isinstance(value, int | float)
    ]
    return {
        "xAxis": {"type": "category", "position": "top", "data": list(table.columns[first:])},
        "yAxis": {"type": "category", "inverse": True, "data": [str(row[0]) for row in table.rows]},
        "visualMap": {"show": False, "min": 0, "max": 1, "dimension": 3},
        "shades": shades(table.colors[0][1]),
        "series": [{"type": "heatmap", "data": cells}],
    }


def share(value: Number, whole: Number) -> float:
    """The strength of a cell's colour, from 0 to 1.

    Most shares are small, so the exponent makes the colours of small shares differ more.
    """
    return round(min(max(value / whole, 0), 1) ** 0.65, 3) if whole else 0

"""Pictures: a Table becomes a standalone SVG, as near to Cyfe's chart as is sensible.

Shows the numbers and labels of the Table that CSV and JSON are written from, and no others. A new chart is a new
file and one line in the list below.

A picture goes well in an `<img>`. Served alone, its style sheet (the dark colours) needs
`style-src 'unsafe-inline'` of a content security policy; without it the picture is simply always light.
"""

from collections.abc import Callable
from dataclasses import replace

from widgets.charts import cohort, funnel, gauge, listing, number, pie, table, time_series, world
from widgets.charts.colors import MUTED
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.layout import Cell, Table
from widgets.report import ReportError
from widgets.spec import TIME_SERIES_CHARTS

__all__ = ["PAINTERS", "draw"]

LARGEST = 1e100
"""Beyond it, sums and scales leave what a number can hold; nobody counts that far."""

SMALLEST = 0.00005
"""Numbers nearer to 0 are 0, as in CSV with its 4 decimals."""

PAINTERS: dict[str, Callable[[Sheet, Table], None]] = {
    **dict.fromkeys(TIME_SERIES_CHARTS, time_series.paint),
    "pie": pie.paint,
    "donut": pie.paint,
    "funnel": funnel.paint,
    "list": listing.paint,
    "table": table.paint,
    "number": number.paint,
    "gauge": gauge.paint,
    "cohort": cohort.paint,
    "map": world.paint,
}
"""Chart type → the function that draws a table that has rows."""


def draw(table: Table) -> bytes:
    """The chart as SVG in UTF-8; the same table always gives the same bytes.

    Raises ReportError, for the widget's maker, for numbers that can't be drawn.
    """
    sheet = Sheet(table.title)
    if table.rows:
        rows = tuple(tuple(map(_drawable, row)) for row in table.rows)
        PAINTERS[table.chart](sheet, replace(table, rows=rows))
    else:
        sheet.text(WIDTH / 2, HEIGHT / 2 + 5, "No data in this range", size=17, anchor="middle", ink=MUTED)
    return sheet.to_bytes()


def _drawable(cell: Cell) -> Cell:
    if not isinstance(cell, int | float):
        return cell
    if not abs(cell) <= LARGEST:
        raise ReportError("The numbers are too large to be drawn. Check the property that is summed.")
    return cell if abs(cell) >= SMALLEST else 0

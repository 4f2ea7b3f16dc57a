"""Turns a Table into a Figure: plain data from which the page's script draws a widget in the browser.

Most Figures have an `option`, which describes a chart for Apache ECharts (https://echarts.apache.org/en/option.html).
The script adds the settings that only the browser knows: size, light or dark, and the reader's locale. To add a chart,
write a module and add its function to OPTIONS.
"""

from collections.abc import Callable
from typing import Any

from widgets.charts import cohort, funnel, gauge, pie, time_series, world
from widgets.charts.colors import on_cards
from widgets.cyfe import table_as_json
from widgets.cyfe.labels import readable
from widgets.cyfe.layout import Table
from widgets.report import ReportError
from widgets.spec import TIME_SERIES_CHARTS

__all__ = ["OPTIONS", "figure", "without_numbers"]

LARGEST = 1e100
"""Charts with larger numbers are not drawn, because scales could exceed JavaScript's largest number."""

MOST_ROWS, MOST_COLUMNS = 2000, 200
"""The most rows and columns in a Figure."""

Option = dict[str, Any]

OPTIONS: dict[str, Callable[[Table], Option]] = {
    **dict.fromkeys(TIME_SERIES_CHARTS, time_series.option),
    "pie": pie.option,
    "donut": pie.option,
    "funnel": funnel.option,
    "gauge": gauge.option,
    "cohort": cohort.option,
    "map": world.option,
}
"""The chart type → the function that makes its ECharts option. The script shows other charts as HTML."""


def figure(table: Table) -> dict[str, Any]:
    """The Figure of a table, ready for JSON.

    `columns`, `rows`  the numbers of the table, with readable labels, and dates and hours in ISO 8601
    `option`  the ECharts option; None if the chart is shown as HTML, or if `words` says why the chart can't be drawn
    `words`  a sentence to show in place of the chart, or below the chart; empty if there is none
    `cut`  a sentence that says how many rows or columns the Figure has; empty if the Figure has all rows and columns
    `colors`  per series or slice: its colour on a light card and on a dark card
    `colored`  whether the widget's settings have colours for this chart
    `percent`, `reverse`  see `Table`
    `header`  per series: its label, its total, and the total of the period before; null for a total that is not shown
    """
    option, words = None, _words(table)
    if not words or words == ZEROS:
        try:
            option = OPTIONS[table.chart](table) if table.chart in OPTIONS else None
        except ReportError as error:
            words = str(error)
    data = table_as_json(table)
    rows = [
        [readable(cell) if isinstance(cell, str) else cell for cell in row[:MOST_COLUMNS]]
        for row in data["rows"][:MOST_ROWS]
    ]
    return {
        "chart": table.chart,
        "title": readable(table.title) if table.title else "",
        "columns": [readable(column) for column in data["columns"][:MOST_COLUMNS]],
        "rows": rows,
        "option": option,
        "words": words or _left_out(table),
        "cut": _cut(table),
        "colors": [on_cards(color) for _, color in table.colors[:MOST_COLUMNS]],
        "colored": "Color" in table.options,
        "percent": table.percent,
        "reverse": table.reverse,
        "header": _header(table),
    }


def without_numbers(chart: str, title: str, words: str) -> dict[str, Any]:
    """The Figure of a widget without numbers. `words`: the reason, as a sentence."""
    return figure(Table((), (), chart=chart, title=title)) | {"words": words}


ZEROS = "All values are zero. If you expected other values, check the names of the events."


def _words(table: Table) -> str:
    if not table.rows:
        return "No data in this range."
    numbers = [cell for row in table.rows for cell in row if isinstance(cell, int | float)]
    if any(not abs(number) <= LARGEST for number in numbers):
        return "The numbers are too large to be drawn. Check the property that is summed."
    return ZEROS if table.chart in OPTIONS and table.chart != "gauge" and not any(numbers) else ""


def _left_out(table: Table) -> str:
    series = len(table.columns) - 1 if table.chart in TIME_SERIES_CHARTS else 0
    if series <= time_series.MOST_SERIES:
        return ""
    return f"The chart shows the first {time_series.MOST_SERIES} of {series:,} series. The CSV has all of them."


def _cut(table: Table) -> str:
    # The page shows a pie's columns as rows.
    rows, columns = ("columns", "rows") if table.chart in ("pie", "donut") else ("rows", "columns")
    sizes = (rows, MOST_ROWS, len(table.rows)), (columns, MOST_COLUMNS, len(table.columns))
    cut = [f"the first {most:,} of {size:,} {name}" for name, most, size in sizes if size > most]
    return f"The table shows {' and '.join(cut)}. The CSV has all of them." if cut else ""


def _header(table: Table) -> list[list[Any]]:
    totals, previous = table.options.get("Total"), table.options.get("Comparison")
    if totals is None and previous is None:
        return []
    labels = [readable(column) for column in table.columns[1 : 1 + time_series.MOST_SERIES]]
    nothing = [None] * len(labels)
    return [list(each) for each in zip(labels, totals or nothing, previous or nothing, strict=False)]

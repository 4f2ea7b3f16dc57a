"""Pictures: a Report and a Drawing become a standalone SVG, as near to Cyfe's chart as is sensible.

Knows nothing of Mixpanel, Django or HTTP. A new chart is a new file and one line in the list below. Importing
this is cheap: pygal is imported by the first picture that needs it.

A picture goes well in an `<img>`. Served alone, its style sheet (the dark colours) needs
`style-src 'unsafe-inline'` of a content security policy; without it the picture is simply always light.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from widgets.charts import cohort, funnel, gauge, listing, number, pie, table, time_series, world
from widgets.charts.colors import MUTED
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.drawing import Drawing
from widgets.report import Report, ReportError, RowKind, Series, Value

__all__ = ["PAINTERS", "draw"]

LARGEST = 1e100
"""Beyond it, sums and scales leave what a number can hold; nobody counts that far."""

SMALLEST = 1e-9
"""Nearer to 0 than this is 0: a scale can't be marked in steps that small."""


class Painter(NamedTuple):
    """`paint` gets a report that has rows and series, in one of the row_kinds."""

    paint: Callable[[Sheet, Report, Drawing], None]
    row_kinds: tuple[RowKind, ...]


PAINTERS: dict[str, Painter] = {
    **dict.fromkeys(time_series.CHARTS, Painter(time_series.paint, ("dates",))),
    **dict.fromkeys(("pie", "donut"), Painter(pie.paint, ("total",))),
    "funnel": Painter(funnel.paint, ("steps",)),
    "list": Painter(listing.paint, ("total", "steps")),
    "table": Painter(table.paint, ("dates", "steps", "total")),
    "number": Painter(number.paint, ("total",)),
    "gauge": Painter(gauge.paint, ("total",)),
    "cohort": Painter(cohort.paint, ("dates",)),
    "map": Painter(world.paint, ("total",)),
}
"""Chart type → what draws it."""


def draw(report: Report, drawing: Drawing) -> bytes:
    """The chart as SVG in UTF-8; the same report and drawing always give the same bytes.

    Raises ReportError, for the widget's maker, for what can't be drawn. A report without anything in it can:
    as a picture that says so.
    """
    painter = PAINTERS.get(drawing.chart)
    if painter is None:
        raise ReportError(f"There is no chart type “{drawing.chart}”. Choose one of: {', '.join(PAINTERS)}.")
    sheet = Sheet(drawing.title)
    if not (report.rows and report.series):
        sheet.text(WIDTH / 2, HEIGHT / 2 + 5, "No data in this range", size=17, anchor="middle", ink=MUTED)
        return sheet.to_bytes()
    if report.row_kind not in painter.row_kinds:
        raise ReportError(f"The chart type “{drawing.chart}” can't draw this report. Choose another chart type.")
    painter.paint(sheet, report.with_series(map(_drawable, report.series)), drawing)
    return sheet.to_bytes()


def _drawable(series: Series) -> Series:
    return replace(series, values=tuple(map(_number, series.values)), previous=_number(series.previous))


def _number(value: Value) -> Value:
    if value is None or not math.isfinite(value):
        return None
    if abs(value) > LARGEST:
        raise ReportError("The numbers are too large to be drawn. Check the property that is summed.")
    return value if abs(value) >= SMALLEST else 0

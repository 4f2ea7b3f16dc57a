"""Small reports for tests, and a function that returns their CSV."""

from datetime import date
from typing import Any

from widgets.cyfe import lay_out, write_csv
from widgets.cyfe.drawing import Drawing
from widgets.report import Report, Series

TWO_DAYS = (date(2026, 11, 1), date(2026, 11, 2))


def dated(*series: Series, rows: tuple[date, ...] = TWO_DAYS, **kwargs: Any) -> Report:
    return Report("dates", rows, series, **kwargs)


def totals(values: dict[str, Any], **kwargs: Any) -> Report:
    return Report("total", ("",), tuple(Series(name, (n,)) for name, n in values.items()), **kwargs)


def steps(rows: tuple[str, ...], *series: Series, **kwargs: Any) -> Report:
    return Report("steps", rows, series, **kwargs)


def body(report: Report, chart: str, **drawing: Any) -> str:
    return write_csv(lay_out(report, Drawing(chart, **drawing))).decode()

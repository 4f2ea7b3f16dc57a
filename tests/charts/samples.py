"""Small reports, and a function that makes a Figure of a report."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from widgets import charts
from widgets.cyfe import Drawing, lay_out
from widgets.report import Report, Series, Value


def figure(report: Report, chart: str, title: str = "", **more: Any) -> dict[str, Any]:
    return charts.figure(lay_out(report, Drawing(chart, title, **{"target": 10} | more)))


def days(count: int, step: int = 1) -> tuple[date, ...]:
    return tuple(date(2026, 11, 1) + timedelta(days=i * step) for i in range(count))


def dated(**columns: Sequence[Value]) -> Report:
    series = tuple(Series(label, tuple(column)) for label, column in columns.items())
    return Report("dates", days(len(series[0].values)), series, additive=True, values_name="Signed up")


def steps(**counts: Value) -> Report:
    series = (Series("Count", tuple(counts.values())),)
    return Report("steps", tuple(counts), series, labels_name="Step", values_name="Count")

"""Tables like those that Mixpanel's answers become, to be drawn."""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from widgets import charts
from widgets.cyfe import LAYOUTS, Drawing, lay_out
from widgets.report import Report, Series, Value


def draw(report: Report, chart: str, title: str = "", **more: Any) -> bytes:
    return charts.draw(lay_out(report, Drawing(chart, title, **{"target": 10} | more)))


def days(count: int, step: int = 1) -> tuple[date, ...]:
    return tuple(date(2026, 11, 1) + timedelta(days=i * step) for i in range(count))


def waves(series: int, rows: int, scale: float = 1000) -> list[tuple[int, ...]]:
    """Numbers with weekdays, the first series the largest."""
    return [
        tuple(round(scale * 0.85**k * (1 + 0.3 * math.sin(i / 7 * math.tau + k))) for i in range(rows))
        for k in range(series)
    ]


def dated(labels: Sequence[str], columns: Sequence[Sequence[Value]], step: int = 1) -> Report:
    series = tuple(Series(label, tuple(column)) for label, column in zip(labels, columns, strict=True))
    return Report("dates", days(len(columns[0]), step), series, additive=True, values_name="Signed up")


def total(values: dict[str, Value], previous: Value = None, *, additive: bool = True, **names: str) -> Report:
    series = tuple(Series(label, (value,), previous) for label, value in values.items())
    return Report("total", ("",), series, additive=additive, **names)


def steps(counts: dict[str, Value]) -> Report:
    series = (Series("Count", tuple(counts.values())),)
    return Report("steps", tuple(counts), series, labels_name="Step", values_name="Count")


def fitting(chart: str, labels: Sequence[str], columns: Sequence[Sequence[Value]], **names: str) -> Report:
    """These labels and numbers as a report of the kind that the chart draws."""
    kind = LAYOUTS[chart].row_kinds[0]
    if kind == "dates":
        return dated(labels, columns)
    values = tuple(column[0] for column in columns)
    if kind == "steps":
        return Report("steps", tuple(labels), (Series("Count", values),), **names)
    return Report("total", ("",), tuple(map(Series, labels, zip(values, strict=True))), additive=True, **names)

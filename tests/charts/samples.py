"""Reports like those that Mixpanel's answers become, for looking at pictures and for testing them."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta

from widgets.report import Number, Report, RowKind, Series, Value

COUNTRIES = {
    "US": 48210,
    "GB": 21034,
    "DE": 15320,
    "FR": 12011,
    "IN": 11020,
    "BR": 9800,
    "CA": 8100,
    "AU": 4302,
    "JP": 3900,
    "ES": 3105,
    "MX": 2800,
    "ID": 2300,
    "NL": 1800,
    "TR": 1500,
    "QA": 940,
    "ZA": 820,
    "SG": 610,
    "AR": 540,
    "NG": 420,
    "KR": 400,
    "RU": 380,
    "CN": 350,
    "EG": 220,
    "KE": 90,
    "NZ": 60,
    "IS": 12,
    "FJ": 3,
}


def days(count: int, first: date = date(2026, 11, 1), step: int = 1) -> tuple[date, ...]:
    return tuple(first + timedelta(days=i * step) for i in range(count))


def months(count: int) -> tuple[date, ...]:
    return tuple(date(2025 + i // 12, i % 12 + 1, 1) for i in range(count))


def waves(series: int, rows: int, seed: int = 7, scale: float = 1000) -> list[tuple[int, ...]]:
    """Numbers with weekdays, a trend and noise, the first series the largest."""
    chance = random.Random(seed)
    return [
        tuple(
            max(
                0,
                round(
                    scale * (0.85**k) * (1 + 0.3 * math.sin(i / 7 * math.tau + k) + 0.01 * i + chance.gauss(0, 0.08))
                ),
            )
            for i in range(rows)
        )
        for k in range(series)
    ]


def dated(
    labels: Sequence[str], columns: Sequence[Sequence[Value]], rows: Sequence[date] | None = None, **more: object
) -> Report:
    rows = rows or days(len(columns[0]))
    return Report(
        "dates",
        tuple(rows),
        tuple(Series(label, tuple(column)) for label, column in zip(labels, columns, strict=True)),
        additive=True,
        values_name="Signed up",
    )


def total(values: dict[str, Value], previous: Value = None, *, additive: bool = True, **names: str) -> Report:
    series = tuple(Series(label, (value,), previous) for label, value in values.items())
    return Report("total", ("",), series, additive=additive, **names)


def steps(counts: dict[str, Number], **more: Sequence[Value]) -> Report:
    series = [Series("Count", tuple(counts.values())), *(Series(name, tuple(v)) for name, v in more.items())]
    return Report("steps", tuple(counts), tuple(series), labels_name="Step", values_name="Count")


def cohorts(rows: int, intervals: int, *, percent: bool = False, sized: bool = True) -> Report:
    chance = random.Random(3)
    sizes = [chance.randrange(80, 1900) for _ in range(rows)]
    columns: list[tuple[Value, ...]] = []
    for j in range(intervals):
        rates = [min(1, 0.62 * 0.82**j + chance.gauss(0, 0.03)) if j else 0.7 for _ in range(rows)]
        values = [max(0, rate * (100 if percent else size)) for rate, size in zip(rates, sizes, strict=True)]
        columns.append(
            tuple(round(v, 2 if percent else None) if i + j < rows or not sized else None for i, v in enumerate(values))
        )
    series = [Series(str(j if sized else j + 1), column) for j, column in enumerate(columns)]
    return Report("dates", days(rows, step=7), (*([Series("Users", tuple(sizes))] if sized else []), *series))


SHAPES: dict[str, RowKind] = {
    **dict.fromkeys(("pie", "donut", "list", "number", "gauge", "map"), "total"),
    "funnel": "steps",
}
"""The row_kind of report that a chart is given; the others get dates."""


def fitting(chart: str, labels: Sequence[str], columns: Sequence[Sequence[Value]]) -> Report:
    """These labels and numbers as a report of the row_kind that the chart draws."""
    row_kind = SHAPES.get(chart, "dates")
    if row_kind == "dates":
        return dated(labels, columns)
    if row_kind == "total":
        series = tuple(Series(label, (column[0],)) for label, column in zip(labels, columns, strict=True))
        return Report("total", ("",), series, additive=True, labels_name="Country", values_name="Signed up")
    values = tuple(column[0] for column in columns)
    return Report("steps", tuple(labels), (Series("Count", values),), labels_name="Step", values_name="Count")

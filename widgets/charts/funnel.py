"""The funnel chart: one part per step."""

from typing import Any

from widgets.cyfe.labels import distinct, readable
from widgets.cyfe.layout import Table


def option(table: Table) -> dict[str, Any]:
    """Each step has its count (`value`), and two percentages.

    `of_before` is the count in percent of the previous step's count, and `of_first` in percent of the first step's
    count. Both are null for the first step. A percentage is also null if the step to compare with is 0.
    """
    counts = table.numbers(1)
    names = distinct(readable(label) for label in table.labels)
    data = [
        {
            "name": name,
            "value": count,
            "of_before": percent(count, counts[index - 1]) if index else None,
            "of_first": percent(count, counts[0]) if index else None,
        }
        for index, (name, count) in enumerate(zip(names, counts, strict=True))
    ]
    return {"series": [{"type": "funnel", "sort": "none", "min": 0, "max": max(*counts, 1), "data": data}]}


def percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 2) if whole > 0 else None

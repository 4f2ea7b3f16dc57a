"""The pie and the donut: one slice per label."""

from typing import Any

from widgets.cyfe.labels import distinct, readable
from widgets.cyfe.layout import Table
from widgets.report import ReportError

MOST = 60
"""The maximum number of slices. If there are more labels, the last slice is the sum of the remaining ones."""


def option(table: Table) -> dict[str, Any]:
    """Raises ReportError if a value is negative, or if all values are zero."""
    values = [table.numbers(column)[0] for column in range(len(table.columns))]
    if any(value < 0 for value in values):
        raise ReportError(f"A {table.chart} can't show negative values. Choose another chart.")
    if not any(values):
        raise ReportError(f"All values are zero, so the {table.chart} has no slices.")
    names = distinct(readable(label) for label in table.columns)
    if len(values) > MOST:
        values[MOST - 1 :] = [sum(values[MOST - 1 :])]
        names[MOST - 1 :] = [f"… and {len(names) - MOST + 1:,} more"]
    return {
        "series": [
            {
                "type": "pie",
                "radius": ["48%", "76%"] if table.chart == "donut" else "76%",
                "data": [{"name": name, "value": value} for name, value in zip(names, values, strict=True)],
            }
        ],
        # A donut shows the sum in its centre, unless the values (such as unique users) can't be added up.
        "sum": sum(values) if table.chart == "donut" and table.additive else None,
    }

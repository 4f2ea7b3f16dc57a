"""The gauge: one number on an arc that ends at the widget's target."""

from typing import Any

from widgets.cyfe.labels import readable
from widgets.cyfe.layout import Table


def option(table: Table) -> dict[str, Any]:
    """If the target is not above 0, the arc ends at the number itself, or at 1 if the number is below 1."""
    (value,), (target,) = table.numbers(0), table.numbers(1)
    end = target if target > 0 else max(value, 1)
    return {
        "series": [
            {
                "type": "gauge",
                "startAngle": 200,
                "endAngle": -20,
                "min": 0,
                "max": end,
                "data": [{"value": value, "name": readable(table.columns[0])}],
            }
        ],
        "target": target,
    }

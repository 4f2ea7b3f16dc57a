"""Lines, areas, columns and bars over dates or hours.

The script gives the Figure's rows to ECharts as the dataset. Only percentage charts have a `dataset` of their own.
"""

from collections.abc import Sequence
from typing import Any

from widgets.cyfe.labels import distinct, readable
from widgets.cyfe.layout import Table
from widgets.report import Number

MOST_SERIES = 60
"""The maximum number of series: people can't tell more lines apart."""

HORIZONTAL = ("bar", "stackedbar")
PERCENTAGE = "stackedpercentagecolumn"
_BARS = ("column", "stackedcolumn", PERCENTAGE, *HORIZONTAL)
_UPRIGHT = {"bar": "column", "stackedbar": "stackedcolumn"}


def option(table: Table) -> dict[str, Any]:
    kinds = _kinds(table)
    on_its_side = table.chart in HORIZONTAL
    has_two_axes = "YAxis" not in table.options and len(kinds) > 1 and not any("stacked" in kind for kind in kinds)
    dates = {"type": "category", "inverse": on_its_side, "boundaryGap": any(kind in _BARS for kind in kinds)}
    values = _axis(table)
    across, up = ("yAxis", "xAxis") if on_its_side else ("xAxis", "yAxis")
    found = {
        across: dates,
        # The second axis has no grid lines, because two grids in one chart are hard to read.
        up: [values, values | {"splitLine": {"show": False}}] if has_two_axes and not on_its_side else values,
        "series": [
            _series(table, kind, name, i, has_two_axes=has_two_axes and not on_its_side)
            for i, (name, kind) in enumerate(zip(_names(table), kinds, strict=True))
        ],
    }
    if table.chart == PERCENTAGE:
        found["dataset"] = {"source": _shares(table), "sourceHeader": False}
    return found


def _names(table: Table) -> list[str]:
    """A different name for each series, because ECharts identifies a series by its name."""
    return distinct(readable(label) for label in table.columns[1 : 1 + MOST_SERIES])


def _kinds(table: Table) -> list[str]:
    """The chart type of each series. In a bar or percentage chart, all series have the chart's own type. In other
    charts, bars are drawn as columns."""
    own = table.chart
    asked = [str(kind) for kind in table.options.get("Type", [own] * (len(table.columns) - 1))][:MOST_SERIES]
    if own in (*HORIZONTAL, PERCENTAGE):
        return [own] * len(asked)
    return [_UPRIGHT.get(kind, kind) for kind in asked]


def _series(table: Table, kind: str, name: str, index: int, *, has_two_axes: bool) -> dict[str, Any]:
    date, value = ("y", "x") if table.chart in HORIZONTAL else ("x", "y")
    found: dict[str, Any] = {
        "type": "bar" if kind in _BARS else "line",
        "name": name,
        "encode": {date: 0, value: index + 1},
    }
    if kind not in _BARS:
        found |= {"showSymbol": len(table.rows) == 1, "smooth": 0.3 if "spline" in kind else False}
        if "spline" in kind:
            found["smoothMonotone"] = "x"
        if "area" in kind:
            found["areaStyle"] = {"opacity": 0.75 if "stacked" in kind else 0.2}
    if index >= len(table.columns) - 1 - table.before and kind not in _BARS:
        found["lineStyle"] = {"type": "dashed"}
    if "stacked" in kind:
        # Values below 0 form a second stack, downwards from 0.
        found |= {"stack": kind, "stackStrategy": "samesign"}
    if has_two_axes and index:
        found["yAxisIndex"] = 1
    if table.option("LabelShow") == 1:
        beside = {"x": "right", "y": "bottom" if table.option("ReverseGraph") == 1 else "top"}
        found["label"] = {"show": True, "position": "inside" if "stacked" in kind else beside[value]}
        found["showSymbol"] = True
    return found


def _axis(table: Table) -> dict[str, Any]:
    """The value axis. The widget's minimum and maximum are ignored if the minimum is not below the maximum."""
    low, high = table.option("YAxisMin"), table.option("YAxisMax")
    if isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
        low = high = None
    axis: dict[str, Any] = {"type": "value", "show": table.option("YAxisShow") != 0}
    if table.chart == PERCENTAGE:
        below = any(isinstance(cell, int | float) and cell < 0 for row in table.rows for cell in row)
        axis |= {"min": -100 if below else 0, "max": 100, "interval": 50 if below else 25}
    axis |= {name: end for name, end in (("min", low), ("max", high)) if isinstance(end, int | float)}
    return axis | ({"inverse": True} if table.option("ReverseGraph") == 1 else {})


def _shares(table: Table) -> list[list[Any]]:
    """The rows with percentages in place of values. 100 % is the sum of the absolute values in the row."""
    rows: list[list[Any]] = []
    for row in table.rows:
        numbers: Sequence[Number] = [cell if isinstance(cell, int | float) else 0 for cell in row[1:]]
        whole = sum(abs(number) for number in numbers) or 1
        rows.append([str(row[0]), *(round(100 * number / whole, 2) for number in numbers)])
    return rows

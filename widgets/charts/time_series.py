"""Lines, areas, columns and bars over dates: what is drawn, how, and on which scale. `plot.py` draws it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from widgets.charts import axes, legend, plot, wording
from widgets.charts.axes import Scale
from widgets.charts.colors import ink
from widgets.charts.plot import Drawn, Plot
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.layout import Table
from widgets.report import Number

VERTICAL = ("line", "spline", "area", "areaspline", "stackedarea", "column", "stackedcolumn")
HORIZONTAL = ("bar", "stackedbar")
PERCENTAGE = "stackedpercentagecolumn"

MOST_SERIES = 60
MOST_BESIDE, LEAST_BESIDE = 12, 6
"""Columns side by side are no more than that, and fewer (in the end only so many) where dates are many."""

_THINNEST_COLUMNS = 480
FARTHEST = 1e100

MOST_ROWS = 200
MOST_POINTS = 5400

_EDGE = 14
_BOTTOM = HEIGHT - 30


def paint(sheet: Sheet, table: Table) -> None:
    rows, series = _prepared(table)
    scale = _scale(series, table)
    series, scale, second = _on_two_axes(series, scale, table)
    top = _legend(sheet, table, series, two_axes=second is not None) + 14
    words = wording.ticks(list(scale.ticks))
    if table.option("YAxisShow") == 0:
        words = [""] * len(words)
    elif table.chart == PERCENTAGE:
        words = [f"{word}%" for word in words]
    frame = Plot(_EDGE + 8, top, WIDTH - 24, _BOTTOM, scale, len(rows), any(one.is_bar for one in series))
    if table.chart in HORIZONTAL:
        names = axes.date_ticks(rows, 13)
        left = frame.left + max(wording.width(name, plot.SMALL) for _, name in names)
        frame = replace(frame, left=left, turned=True)
    else:
        left = frame.left + max(wording.width(word, plot.SMALL) for word in words)
        right = frame.right
        if second:
            right -= max(wording.width(word, plot.SMALL) for word in wording.ticks(list(second.ticks)))
        frame = replace(frame, left=left, right=right, upside_down=table.option("ReverseGraph") == 1)
        names = axes.date_ticks(rows, int((right - left) // 76))
    plot.draw(sheet, frame, series, (words, names, second), with_values=table.option("LabelShow") == 1)


def _prepared(table: Table) -> tuple[list[date], list[Drawn]]:
    """No more rows and series than can be told apart."""
    everything = [table.numbers(i) for i in range(1, len(table.columns))]
    kinds = _kinds(table)
    most = MOST_SERIES
    if set(kinds) & {"column", "bar"}:
        most = min(MOST_BESIDE, max(LEAST_BESIDE, _THINNEST_COLUMNS // len(table.rows)))
    kept = axes.thinned(everything, min(MOST_ROWS, max(2, MOST_POINTS // min(most, len(everything)))))
    rows = [row for row in (table.rows[i][0] for i in kept) if isinstance(row, date)]
    sums = [sum(abs(column[i]) for column in everything) or 1 for i in kept]
    stacks: dict[str, list[Number]] = {}
    series = []
    for (label, color), kind, column in list(zip(table.colors, kinds, everything, strict=True))[:most]:
        values: list[Number] = [column[i] for i in kept]
        if table.chart == PERCENTAGE:
            values = [100 * value / total for value, total in zip(values, sums, strict=True)]
        spans: list[tuple[Number, Number]] = [(0, value) for value in values]
        if "stacked" in kind:
            for i, value in enumerate(values):
                # What is below 0 makes a stack of its own, downwards; areas can't.
                stack = stacks.setdefault(f"{kind}{kind != 'stackedarea' and value < 0}", [0] * len(values))
                spans[i] = (stack[i], stack[i] + value)
                stack[i] += value
        series.append(Drawn(label, ink(color), kind, values, spans))
    return rows, series


def _kinds(table: Table) -> list[str]:
    """The chart type of every series: the widget's own for those that can't share one plot with it."""
    own = table.chart
    asked = [str(kind) for kind in table.options.get("Type", [own] * (len(table.columns) - 1))]
    if own not in VERTICAL:
        return [own] * len(asked)
    upright = {"bar": "column", "stackedbar": "stackedcolumn"}
    asked = [upright.get(kind, kind) for kind in asked]
    kinds = [kind if kind in VERTICAL else own for kind in asked]
    beside = "column" in kinds
    return ["column" if beside and kind == "stackedcolumn" else kind for kind in kinds]


def _ends(table: Table) -> list[Number | None]:
    """The ends of the axis that were asked for, as far as a scale can hold them."""
    asked = table.option("YAxisMin"), table.option("YAxisMax")
    return [min(max(end, -FARTHEST), FARTHEST) if isinstance(end, int | float) else None for end in asked]


def _scale(series: Sequence[Drawn], table: Table) -> Scale:
    low, high = _ends(table)
    if table.chart == PERCENTAGE and low is None and high is None:
        below = any(value < 0 for one in series for value in one.values)
        return axes.PERCENT_BOTH_WAYS if below else axes.PERCENT
    return axes.scale((high for one in series for _, high in one.spans), low=low, high=high)


def _on_two_axes(series: list[Drawn], scale: Scale, table: Table) -> tuple[list[Drawn], Scale, Scale | None]:
    """Without a shared axis the first series has the left one to itself, and the others get one on the right.

    As far as that makes sense: not where curves are stacked, and not where one pair of ends holds for all.
    """
    mixable = table.chart in VERTICAL and not any("stacked" in one.kind for one in series)
    fixed = any(end is not None for end in _ends(table))
    if "YAxis" in table.options or fixed or not mixable or len(series) < 2 or scale.low < 0:
        return series, scale, None
    first, *others = series
    main = axes.scale(first.values)
    second = axes.alongside(main, [value for one in others for value in one.values])
    stretch = main.high / second.high
    stretched = [replace(one, spans=[(0, value * stretch) for value in one.values]) for one in others]
    return [first, *stretched], main, second


def _legend(sheet: Sheet, table: Table, series: Sequence[Drawn], *, two_axes: bool) -> float:
    entries = [
        legend.Entry(one.label, one.ink, " (right)" if two_axes and i else "", line=one.kind in ("line", "spline"))
        for i, one in enumerate(series)
    ]
    rest = len(table.columns) - 1 - len(series)
    return legend.draw(sheet, entries, (_EDGE, WIDTH - _EDGE), 8, not_drawn=rest)

"""Lines, areas, columns and bars over dates: what is drawn, how, and on which scale. `plot.py` draws it."""

from collections.abc import Iterator, Sequence
from datetime import date

from widgets.charts import axes, legend, plot, wording
from widgets.charts.axes import Scale
from widgets.charts.colors import ink
from widgets.charts.plot import Drawn, Plot
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report

VERTICAL = ("line", "spline", "area", "areaspline", "stackedarea", "column", "stackedcolumn")
HORIZONTAL = ("bar", "stackedbar")
PERCENTAGE = "stackedpercentagecolumn"
CHARTS = (*VERTICAL, PERCENTAGE, *HORIZONTAL)

MOST_SERIES = 60
MOST_BESIDE, LEAST_BESIDE = 12, 6
"""Columns side by side are no more than that, and fewer (in the end only so many) where dates are many."""

_THINNEST_COLUMNS = 480

MOST_ROWS = 200
MOST_POINTS = 5400

_EDGE = 14
_BOTTOM = HEIGHT - 30


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    rows, series = _prepared(report, drawing)
    scale = _scale(series, drawing)
    series, scale, second = _on_two_axes(series, scale, drawing)
    top = _legend(sheet, report, series, two_axes=second is not None) + 14
    words = wording.ticks(list(scale.ticks))
    if drawing.options.get("show_axis") is False:
        words = [""] * len(words)
    elif drawing.chart == PERCENTAGE:
        words = [f"{word}%" for word in words]
    if drawing.chart in HORIZONTAL:
        names = axes.date_ticks(rows, 13)
        left = _EDGE + 8 + max(wording.width(name, plot.SMALL) for _, name in names)
        frame = Plot(left, top, WIDTH - 24, _BOTTOM, scale, turned=True)
    else:
        left = _EDGE + 8 + max(wording.width(word, plot.SMALL) for word in words)
        right: float = WIDTH - _EDGE - 8
        if second:
            right -= max(wording.width(word, plot.SMALL) for word in wording.ticks(list(second.ticks)))
        upside_down = drawing.wants("reverse_graph")
        frame = Plot(left, top, right, _BOTTOM, scale, upside_down=upside_down)
        names = axes.date_ticks(rows, int(frame.width // 76))
    plot.draw(sheet, frame, rows, series, (words, names, second), with_values=drawing.wants("show_labels"))


def _prepared(report: Report, drawing: Drawing) -> tuple[list[date], list[Drawn]]:
    """No more rows and series than can be told apart; a missing value is 0, as it is for Cyfe."""
    everything = [[value or 0 for value in series.values] for series in report.series]
    labels = [series.label for series in report.series]
    kinds = _kinds(drawing, labels)
    most = MOST_SERIES
    if set(kinds) & {"column", "bar"}:
        most = min(MOST_BESIDE, max(LEAST_BESIDE, _THINNEST_COLUMNS // len(report.rows)))
    kept = axes.thinned(everything, min(MOST_ROWS, max(2, MOST_POINTS // min(most, len(labels)))))
    rows = [row for row in (report.rows[i] for i in kept) if isinstance(row, date)]
    sums = [sum(abs(column[i]) for column in everything) or 1 for i in kept]
    colors = drawing.colors_for(labels)
    series = []
    for label, color, kind, column in list(zip(labels, colors, kinds, everything, strict=True))[:most]:
        values: list[Number] = [column[i] for i in kept]
        if drawing.chart == PERCENTAGE:
            values = [100 * value / total for value, total in zip(values, sums, strict=True)]
        series.append(Drawn(label, ink(color), kind, values, values))
    return rows, series


def _kinds(drawing: Drawing, labels: Sequence[str]) -> list[str]:
    """What every series is drawn as: the widget's own type for what can't share one plot with it."""
    own = drawing.chart
    if own not in VERTICAL:
        return [own] * len(labels)
    upright = {"bar": "column", "stackedbar": "stackedcolumn"}
    asked = [upright.get(kind, kind) for kind in drawing.types_for(labels)]
    kinds = [kind if kind in VERTICAL else own for kind in asked]
    beside = "column" in kinds
    return ["column" if beside and kind == "stackedcolumn" else kind for kind in kinds]


def _scale(series: Sequence[Drawn], drawing: Drawing) -> Scale:
    low, high = drawing.options.get("axis_min"), drawing.options.get("axis_max")
    if drawing.chart == PERCENTAGE and low is None and high is None:
        below = any(value < 0 for s in series for value in s.values)
        return axes.PERCENT_BOTH_WAYS if below else axes.PERCENT
    return axes.scale(_reached(series), low=low, high=high)


def _reached(series: Sequence[Drawn]) -> Iterator[Number]:
    """Every number that a curve reaches."""
    for kind in dict.fromkeys(s.kind for s in series):
        columns = [s.drawn for s in series if s.kind == kind]
        if kind == "stackedarea":
            heights: list[Number] = [0] * len(columns[0])
            for column in columns:
                heights = [height + value for height, value in zip(heights, column, strict=True)]
                yield from heights
        elif kind.startswith("stacked"):
            for row in zip(*columns, strict=True):
                yield sum(value for value in row if value > 0)
                yield sum(value for value in row if value < 0)
        else:
            for column in columns:
                yield from column


def _on_two_axes(series: list[Drawn], scale: Scale, drawing: Drawing) -> tuple[list[Drawn], Scale, Scale | None]:
    """Without a shared axis the first series has the left one to itself, and the others get one on the right.

    As far as that makes sense: not where curves are stacked, and not where one pair of ends holds for all.
    """
    options = drawing.options
    fixed = options.get("axis_min") is not None or options.get("axis_max") is not None
    mixable = drawing.chart in VERTICAL and not any("stacked" in s.kind for s in series)
    if options.get("shared_axis") is not False or fixed or not mixable or len(series) < 2 or scale.low < 0:
        return series, scale, None
    first, *others = series
    main = axes.scale(first.values)
    second = axes.alongside(main, [value for s in others for value in s.values])
    stretch = main.high / second.high
    return [first, *(s.stretched(stretch) for s in others)], main, second


def _legend(sheet: Sheet, report: Report, series: Sequence[Drawn], *, two_axes: bool) -> float:
    entries = []
    for i, one in enumerate(series):
        label = one.label if one.label or len(series) > 1 else report.values_name
        suffix = " (right)" if two_axes and i else ""
        entries.append(legend.Entry(label, one.ink, suffix, line=one.kind in ("line", "spline")))
    rest = len(report.series) - len(series)
    return legend.draw(sheet, entries, (_EDGE, WIDTH - _EDGE), 8, not_drawn=rest)

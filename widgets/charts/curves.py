"""What pygal draws of a chart: curves, columns and slices as plain coordinates. The frame around them is ours.

No label, colour or option ever goes in and no element comes out, so nothing of pygal's own page furniture
(scripts, tooltips, style sheets, ids by chance) can reach a picture. Import this inside a function: it costs
a tenth of a second, which a process that serves CSV must not pay.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pygal

from widgets.report import Number

Point = tuple[float, float]

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


@dataclass(slots=True)
class Curve:
    """One series as drawn, from the plot's upper left corner.

    `line` runs through the values; `ground` is the outline of what is filled below it; `dots` are the values
    themselves; `bars` are (x, y, width, height), one a value.
    """

    line: list[Point] = field(default_factory=list)
    ground: list[Point] = field(default_factory=list)
    dots: list[Point] = field(default_factory=list)
    bars: list[tuple[float, float, float, float]] = field(default_factory=list)


class _Bare:
    """Mixed into pygal's charts: the row_kinds alone, in a box that ends exactly where the axis does."""

    ends: tuple[Number, Number] | None = None
    smoothness = 6

    def _set_view(self: Any) -> None:
        self._box.margin = 0
        if self.ends:
            self._box._ymin, self._box._ymax = self.ends
        super()._set_view()  # type: ignore[misc]

    def _interpolate(self: Any, xs: Sequence[float], ys: Sequence[float]) -> list[Point]:
        return smooth(list(zip(xs, ys, strict=False)), self.smoothness)

    def _axes(self) -> None: ...

    def _compute_y_labels(self: Any) -> None:
        self._y_labels: list[Any] = []

    def _compute_y_labels_major(self: Any) -> None:
        self._y_labels_major: list[Any] = []

    def _format(self, *args: Any) -> str:
        return ""

    def _tooltip_data(self, *args: Any, **kwargs: Any) -> None: ...

    def _tooltip_and_print_values(self, *args: Any) -> None: ...


class _Line(_Bare, pygal.Line):  # type: ignore[misc]
    pass


class _StackedLine(_Bare, pygal.StackedLine):  # type: ignore[misc]
    pass


class _Bar(_Bare, pygal.Bar):  # type: ignore[misc]
    pass


class _StackedBar(_Bare, pygal.StackedBar):  # type: ignore[misc]
    pass


class _HorizontalBar(_Bare, pygal.HorizontalBar):  # type: ignore[misc]
    pass


class _HorizontalStackedBar(_Bare, pygal.HorizontalStackedBar):  # type: ignore[misc]
    pass


class _Pie(_Bare, pygal.Pie):  # type: ignore[misc]
    pass


LINES = {"line": _Line, "spline": _Line, "area": _Line, "areaspline": _Line, "stackedarea": _StackedLine}
COLUMNS = {"column": _Bar, "stackedcolumn": _StackedBar, "stackedpercentagecolumn": _StackedBar}
BARS = {"bar": _HorizontalBar, "stackedbar": _HorizontalStackedBar}

WIDEST_BAR = 56
_FAR = 100
"""Lengths of the axis beyond which values are not followed."""

SMOOTH_POINTS = 4000
"""Points that smoothing may make of all the curves of a picture: its size is theirs."""


def curves(
    kind: str,
    columns: Sequence[Sequence[Number]],
    ends: tuple[float, float],
    size: tuple[float, float],
    *,
    dots: bool = False,
    upside_down: bool = False,
) -> list[Curve]:
    """The curve of every column of numbers (all of one length) on an axis from `ends[0]` to `ends[1]`."""
    drawn = (LINES | COLUMNS | BARS)[kind]
    width, height = size
    filled = kind in ("area", "areaspline", "stackedarea")
    chart: Any = drawn(
        width=width,
        height=height,
        fill=filled,
        show_dots=dots,
        inverse_y_axis=upside_down,
        **_NO_FRAME,
    )
    chart.ends = ends
    rows = len(columns[0])
    points = rows * len(columns)
    if kind.endswith("spline") and rows > 2 and points < SMOOTH_POINTS / 2:
        chart.interpolate = "hermite"  # any name that pygal knows: `_interpolate` is what is called
        chart.smoothness = max(2, min(8, SMOOTH_POINTS // points))
    if kind not in LINES:
        stacked = "stacked" in kind
        slot = (height if kind in BARS else width) / rows
        beside = 1 if stacked else len(columns)
        chart._series_margin = max(0.1 if slot > 4 else 0, (1 - WIDEST_BAR * beside / slot) / 2)
        chart._serie_margin = 0.04 if not stacked and slot / beside > 6 else 0
    # Upwards too is how it orders the bars beside each other.
    order = list(reversed(columns)) if kind == "bar" else columns
    # An axis may end long before the data; where exactly it is out of sight, nobody sees.
    far = _FAR * (ends[1] - ends[0])
    for column in order:
        chart.add("", [min(max(value, ends[0] - far), ends[1] + far) for value in column])
    tree = chart.render_tree()
    groups: dict[str, Curve] = {f"serie-{i}": Curve() for i in range(len(columns))}
    for group in tree.iter("g"):
        classes = (group.get("class") or "").split()
        if "series" in classes:
            _read(group, groups[classes[1]], filled)
    found = list(reversed(groups.values())) if kind == "bar" else list(groups.values())
    if kind in ("area", "areaspline"):
        # The outline starts and ends on the axis, and the curve is what lies between.
        for curve in found:
            curve.line = curve.ground[1:-1]
    if kind == "stackedarea" and all(value >= 0 for column in columns for value in column):
        # Down to the axis instead of to the curve below: half the points, and no seams between the areas.
        axis = found[0].ground[0][1] if found[0].ground else 0
        for curve in found[1:]:
            curve.ground = [(0, axis), *curve.ground[:rows], (width, axis)]
    if kind in BARS:
        # pygal counts dates upwards, and Cyfe downwards.
        for curve in found:
            curve.bars = [(x, height - y - h, w, h) for x, y, w, h in curve.bars]
    return found


_NO_FRAME: dict[str, Any] = {
    "show_legend": False,
    "margin": 0,
    "js": (),
    "css": (),
    "no_data_text": "",
}


def _read(group: Any, curve: Curve, filled: bool) -> None:
    for element in group.iter():
        if element.tag == "path":
            places = [float(number) for number in _NUMBER.findall(element.get("d"))]
            points = list(zip(places[::2], places[1::2], strict=True))
            if filled:
                curve.ground = points
            else:
                curve.line = points
        elif element.tag == "rect":
            # pygal leaves out what is 0 of a bar that it has turned.
            x, y, width, height = (float(element.get(name) or 0) for name in ("x", "y", "width", "height"))
            curve.bars.append((x, y, width, height))
        elif element.tag == "circle":
            curve.dots.append((float(element.get("cx")), float(element.get("cy"))))


PIE_OF_ITS_SQUARE = 0.9
"""What pygal takes of the room there is; the rest is for effects of its own."""


def slices(values: Sequence[Number], side: float, hole: float) -> list[str]:
    """Path data of a pie's slices in the middle of a square, one a value, all of which are above 0."""
    chart = _Pie(width=side, height=side, inner_radius=PIE_OF_ITS_SQUARE * hole, **_NO_FRAME)
    for value in values:
        chart.add("", [value])
    tree = chart.render_tree()
    return [path.get("d") for path in tree.iter("path") if "slice" in (path.get("class") or "").split()]


def smooth(points: Sequence[Point], steps: int) -> list[Point]:
    """The points with `steps` - 1 others between each two, on a curve that never overshoots them.

    So that a curve of counts doesn't dip below 0: Fritsch and Carlson's, https://doi.org/10.1137/0717021
    """
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    tangents = [slopes[0]]
    for before, after in pairwise(slopes):
        # The harmonic mean keeps within the bounds; a peak or a valley is level.
        tangents.append(2 * before * after / (before + after) if before * after > 0 else 0)
    tangents.append(slopes[-1])
    curve = []
    for ((x0, y0), (x1, y1)), (m0, m1) in zip(pairwise(points), pairwise(tangents), strict=True):
        h = x1 - x0
        for step in range(steps):
            t = step / steps
            u = 1 - t
            bend = h * t * u * (m0 * u - m1 * t)
            curve.append((x0 + h * t, y0 * (1 + 2 * t) * u * u + y1 * t * t * (3 - 2 * t) + bend))
    return [*curve, points[-1]]

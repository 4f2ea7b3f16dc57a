"""The frame that curves stand in (grid, numbers, dates) and the curves: lines, areas, columns and bars."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from widgets.charts import wording
from widgets.charts.axes import Scale
from widgets.charts.colors import AXIS, GRID, MUTED, Ink, on
from widgets.charts.svg import Element, Sheet, coordinate, outline
from widgets.report import Number

SMALL = 13

_OVERHANG = 4
"""How far a line's thickness or a dot may reach out of the plot, within which everything else is cut."""

_ORDER = (
    *("stackedarea", "area", "areaspline"),
    *("stackedpercentagecolumn", "stackedcolumn", "column", "stackedbar", "bar"),
    *("line", "spline"),
)
"""From back to front."""

_MOST_DOTS = 100
_MOST_FILLED = 12
"""Areas over each other; more of them make mud, of which the lines on top tell more."""

_MOST_VALUES = 400
"""Numbers at points that are tried; long before that many, no more find room."""

WIDEST_BAR = 56
SMOOTH_POINTS = 4000
"""Points that smoothing may make of all the curves of a picture: its size is theirs."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series as it is drawn: `spans` say from where to where each value reaches on the scale."""

    label: str
    ink: Ink
    kind: str
    values: list[Number]
    spans: list[tuple[Number, Number]]

    @property
    def is_bar(self) -> bool:
        return self.kind.endswith(("column", "bar"))


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle inside the axes. `turned`: dates downwards, numbers to the right. `slotted`: for columns."""

    left: float
    top: float
    right: float
    bottom: float
    scale: Scale
    rows: int
    slotted: bool = False
    turned: bool = False
    upside_down: bool = False

    @property
    def slot(self) -> float:
        return (self.bottom - self.top if self.turned else self.right - self.left) / self.rows

    def along(self, row: int) -> float:
        """Where a row lies along the axis of dates: the middle of its columns, or the point of a line."""
        half = self.slotted or self.rows == 1
        start = self.top if self.turned else self.left
        return start + self.slot * (row + 0.5 if half else row * self.rows / (self.rows - 1))

    def place(self, value: float) -> float:
        """Where a number lies: x of a turned plot, else y. Nobody sees how far out of sight it is."""
        share = min(max(self.scale.share(value), -100), 100)
        if self.turned:
            return self.left + share * (self.right - self.left)
        return self.top + (share if self.upside_down else 1 - share) * (self.bottom - self.top)


Words = tuple[Sequence[str], Sequence[tuple[int, str]], Scale | None]
"""The words at the scale's ticks, those at rows, and the scale on the right if there is one."""


class Bar(NamedTuple):
    """Its middle along the dates, and where it starts and ends along the numbers."""

    at: float
    start: float
    end: float


def draw(sheet: Sheet, plot: Plot, series: Sequence[Drawn], words: Words, *, with_values: bool) -> None:
    numbers, names, second = words
    _grid(sheet, plot, numbers, second)
    _names(sheet, plot, names)
    # A picture in the picture cuts what lies beyond the ends of an axis.
    box = plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top
    x, y, width, height = box[0] - _OVERHANG, box[1] - _OVERHANG, box[2] + 2 * _OVERHANG, box[3] + 2 * _OVERHANG
    view = " ".join(map(coordinate, (x, y, width, height)))
    inside = sheet.add("svg", x=x, y=y, width=width, height=height, viewBox=view)
    notes: list[_Note] = []
    for kind in sorted({one.kind for one in series}, key=_ORDER.index):
        group = [one for one in series if one.kind == kind]
        beside = 1 if "stacked" in kind else len(group)
        margin = max(0.1 if plot.slot > 4 else 0, (1 - WIDEST_BAR * beside / plot.slot) / 2)
        lane = plot.slot * (1 - 2 * margin) / beside
        for i, one in enumerate(group):
            if one.is_bar:
                offset = ((i % beside) - (beside - 1) / 2) * lane
                bars = [Bar(plot.along(row) + offset, *map(plot.place, span)) for row, span in enumerate(one.spans)]
                thickness = lane * (0.92 if beside > 1 and lane > 6 else 1)
                _bars(sheet, inside, one, bars, thickness, turned=plot.turned)
                notes += _of_bars(plot, one, bars, thickness) if with_values else ()
        # Areas of a stack reach down to the axis, each hiding a part of the one that was drawn before.
        for i, one in reversed(list(enumerate(group))) if kind == "stackedarea" else enumerate(group):
            if not one.is_bar:
                points = [(plot.along(row), plot.place(high)) for row, (_, high) in enumerate(one.spans)]
                filled = kind == "stackedarea" or ("area" in kind and i < _MOST_FILLED)
                _line(sheet, inside, plot, one, points, crowd=len(series), filled=filled)
                values = zip(points, one.values, strict=True)
                notes += [_Note(x, y - 7, wording.short(v)) for (x, y), v in values] if with_values else ()
    _write(sheet, plot, notes)


def _grid(sheet: Sheet, plot: Plot, words: Sequence[str], second: Scale | None) -> None:
    def line(at: float) -> str:
        if plot.turned:
            return f"M{at} {coordinate(plot.top)}V{coordinate(plot.bottom)}"
        return f"M{coordinate(plot.left)} {at}H{coordinate(plot.right)}"

    places = [round(plot.place(tick)) for tick in plot.scale.ticks]
    sheet.add("path", d="".join(map(line, places)), ink=GRID, stroke="currentColor")
    if plot.scale.low <= 0 <= plot.scale.high:
        sheet.add("path", d=line(round(plot.place(0))), ink=AXIS, stroke="currentColor")
    texts = sheet.add("g", ink=MUTED, font_size=SMALL)
    for at, word in zip(places, words, strict=True):
        if word and plot.turned:
            sheet.text(at, plot.bottom + 20, word, texts, anchor="middle")
        elif word:
            sheet.text(plot.left - 8, at + 4.5, word, texts, anchor="end")
    if second and any(words):
        for at, word in zip(places, wording.ticks(list(second.ticks)), strict=True):
            sheet.text(plot.right + 8, at + 4.5, word, texts)


def _names(sheet: Sheet, plot: Plot, names: Sequence[tuple[int, str]]) -> None:
    """The dates along their axis."""
    texts = sheet.add("g", ink=MUTED, font_size=SMALL)
    for row, name in names:
        at = plot.along(row)
        if plot.turned:
            sheet.text(plot.left - 8, at + 4.5, name, texts, anchor="end")
        else:
            half = wording.width(name, SMALL) / 2
            sheet.text(min(max(at, half + 2), 638 - half), plot.bottom + 20, name, texts, anchor="middle")


def _line(
    sheet: Sheet, into: Element, plot: Plot, one: Drawn, points: list[Point], *, crowd: int, filled: bool
) -> None:
    group = sheet.add("g", into, ink=one.ink)
    line = points
    steps = min(8, SMOOTH_POINTS // (len(points) * crowd))
    if one.kind.endswith("spline") and len(points) > 2 and steps > 1:
        line = smooth(points, steps)
    if len(points) > 1:
        if filled:
            opacity = 1 if one.kind == "stackedarea" else 0.22 if crowd <= 4 else 0.12
            zero = plot.place(0)
            ground = outline([(line[0][0], zero), *line, (line[-1][0], zero)], closed=True)
            sheet.add("path", group, d=ground, fill_opacity=f"{opacity}")
        if one.kind != "stackedarea":
            sheet.add(
                "path",
                group,
                d=outline(line),
                fill="none",
                stroke="currentColor",
                stroke_width="2.2" if crowd <= 6 else "1.6" if crowd <= 15 else "1.1",
                stroke_linejoin="round",
                stroke_linecap="round",
            )
    if len(points) == 1 or (one.kind != "stackedarea" and len(points) <= 31 and len(points) * crowd <= _MOST_DOTS):
        for x, y in points:
            sheet.add("circle", group, cx=x, cy=y, r=4 if len(points) == 1 else 2.6)


def _bars(sheet: Sheet, into: Element, one: Drawn, bars: Sequence[Bar], thickness: float, *, turned: bool) -> None:
    """All bars of a series are strokes of one path: a fifth of the bytes of as many rectangles."""
    ends = [tuple(map(coordinate, bar)) for bar in bars]
    data = [f"M{a} {at}H{b}" if turned else f"M{at} {a}V{b}" for at, a, b in ends if a != b]
    sheet.add("path", into, ink=one.ink, d="".join(data), stroke="currentColor", stroke_width=f"{thickness:.2f}")


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


class _Note(NamedTuple):
    """A number at a point or on a bar, which the option `show_labels` asks for: its middle and its baseline."""

    x: float
    y: float
    words: str
    ink: Ink | None = None


def _of_bars(plot: Plot, one: Drawn, bars: Sequence[Bar], thickness: float) -> Iterator[_Note]:
    """In the middle of a bar that is part of a stack, else beyond its end."""
    for (at, start, end), value in zip(bars, one.values, strict=True):
        words = f"{value:.0f}%" if one.kind == "stackedpercentagecolumn" else wording.short(value)
        half = wording.width(words, SMALL) / 2
        ink = None
        if "stacked" in one.kind:
            room = (abs(end - start), thickness) if plot.turned else (thickness, abs(end - start))
            if room[0] <= 2 * half + 2 or room[1] <= SMALL:
                continue
            beyond, ink = (start + end) / 2 + (0 if plot.turned else 4), on(one.ink)
        elif plot.turned:
            beyond = end + math.copysign(4 + half, value)
        else:
            beyond = end + (12 if (value < 0) != plot.upside_down else -4)
        yield _Note(beyond, at + 4, words, ink) if plot.turned else _Note(at, beyond, words, ink)


def _write(sheet: Sheet, plot: Plot, notes: Sequence[_Note]) -> None:
    """Those that overlap no other and lie within the picture."""
    texts = sheet.add("g", font_size=SMALL)
    taken: list[tuple[float, float, float]] = []
    for note in notes[:: max(1, len(notes) // _MOST_VALUES)]:
        half = wording.width(note.words, SMALL) / 2 + 1.5
        inside = plot.left <= note.x + half and note.x <= plot.right + 10 and plot.top - 8 <= note.y <= plot.bottom + 2
        if inside and not any(abs(x - note.x) < half + w and abs(y - note.y) < SMALL for x, y, w in taken):
            taken.append((note.x, note.y, half))
            sheet.text(max(note.x, plot.left + half), note.y, note.words, texts, anchor="middle", ink=note.ink)

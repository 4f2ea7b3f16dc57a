"""The frame that pygal's curves stand in (grid, numbers, dates) and the curves, as compact paths."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from widgets.charts import value_labels, wording
from widgets.charts.axes import Scale
from widgets.charts.colors import AXIS, GRID, MUTED, Ink
from widgets.charts.svg import Element, Sheet, coordinate, outline, tenths
from widgets.report import Number

if TYPE_CHECKING:
    from widgets.charts.curves import Curve

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


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series as it is drawn. `drawn` are its values in terms of the one scale of the plot."""

    label: str
    ink: Ink
    kind: str
    values: list[Number]
    drawn: list[Number]

    def stretched(self, factor: float) -> "Drawn":
        return replace(self, drawn=[value * factor for value in self.drawn])


@dataclass(frozen=True, slots=True)
class Plot:
    """The rectangle inside the axes. `turned`: dates downwards, numbers to the right."""

    left: float
    top: float
    right: float
    bottom: float
    scale: Scale
    turned: bool = False
    upside_down: bool = False

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def place(self, value: float) -> float:
        """Where a number lies: x of a turned plot, else y."""
        share = self.scale.share(value)
        if self.turned:
            return self.left + share * self.width
        return self.top + (share if self.upside_down else 1 - share) * self.height


Words = tuple[Sequence[str], Sequence[tuple[int, str]], Scale | None]
"""What stands at the scale's ticks, what at which rows, and the scale on the right if there is one."""


def draw(
    sheet: Sheet,
    plot: Plot,
    rows: Sequence[date],
    series: Sequence[Drawn],
    words: Words,
    *,
    with_values: bool,
) -> None:
    numbers, names, second = words
    _grid(sheet, plot, numbers, second)
    slotted = any(kind.endswith(("column", "bar")) for kind in {s.kind for s in series})
    _names(sheet, plot, len(rows), names, slotted=slotted)
    _curves(sheet, plot, series, slotted=slotted, with_values=with_values)


def _grid(sheet: Sheet, plot: Plot, words: Sequence[str], second: Scale | None) -> None:
    lines = [round(plot.place(tick)) for tick in plot.scale.ticks]
    across = f"V{coordinate(plot.bottom)}" if plot.turned else f"H{coordinate(plot.right)}"
    starts = [f"M{at} {coordinate(plot.top)}" if plot.turned else f"M{coordinate(plot.left)} {at}" for at in lines]
    sheet.add("path", d="".join(start + across for start in starts), ink=GRID, stroke="currentColor")
    if plot.scale.low <= 0 <= plot.scale.high:
        zero = round(plot.place(0))
        start = f"M{zero} {coordinate(plot.top)}" if plot.turned else f"M{coordinate(plot.left)} {zero}"
        sheet.add("path", d=start + across, ink=AXIS, stroke="currentColor")
    texts = sheet.add("g", ink=MUTED, font_size=SMALL)
    for at, word in zip(lines, words, strict=True):
        if word and plot.turned:
            sheet.text(at, plot.bottom + 20, word, texts, anchor="middle")
        elif word:
            sheet.text(plot.left - 8, at + 4.5, word, texts, anchor="end")
    if second and any(words):
        for at, word in zip(lines, wording.ticks(list(second.ticks)), strict=True):
            sheet.text(plot.right + 8, at + 4.5, word, texts)


def _names(sheet: Sheet, plot: Plot, rows: int, names: Sequence[tuple[int, str]], *, slotted: bool) -> None:
    """The dates along their axis: under the middle of a column, or at the point of a line."""
    texts = sheet.add("g", ink=MUTED, font_size=SMALL)
    start, length = (plot.top, plot.height) if plot.turned else (plot.left, plot.width)
    for i, name in names:
        share = (i + 0.5) / rows if slotted or rows == 1 else i / (rows - 1)
        at = start + share * length
        if plot.turned:
            sheet.text(plot.left - 8, at + 4.5, name, texts, anchor="end")
        else:
            half = wording.width(name, SMALL) / 2
            sheet.text(min(max(at, half + 2), 638 - half), plot.bottom + 20, name, texts, anchor="middle")


def _curves(sheet: Sheet, plot: Plot, series: Sequence[Drawn], *, slotted: bool, with_values: bool) -> None:
    from widgets.charts import curves

    rows = len(series[0].values)
    dotted = rows == 1 or (rows <= 31 and rows * len(series) <= _MOST_DOTS)
    inside = _window(sheet, plot)
    notes = value_labels.Notes(plot)
    for kind in sorted({s.kind for s in series}, key=_ORDER.index):
        group = [s for s in series if s.kind == kind]
        is_line = kind in curves.LINES
        # Over columns, a line's points stand in the middle of them.
        inset = plot.width / rows / 2 if slotted and is_line and rows > 1 else 0
        found = curves.curves(
            kind,
            [s.drawn for s in group],
            (plot.scale.low, plot.scale.high),
            (plot.width - 2 * inset, plot.height),
            dots=is_line and (dotted or with_values),
            upside_down=plot.upside_down,
        )
        into = sheet.add("g", inside, transform=f"translate({coordinate(inset)})") if inset else inside
        if kind != "stackedarea":
            for curve in found[_MOST_FILLED:]:
                curve.ground = []
        pairs = list(zip(group, found, strict=True))
        # Areas of a stack reach down to the axis, each hiding a part of the one that was drawn before.
        for one, curve in reversed(pairs) if kind == "stackedarea" else pairs:
            if is_line:
                _line(sheet, into, one, curve, crowd=len(series), dotted=dotted)
                notes.of_points(one, [(x + inset, y) for x, y in curve.dots])
            else:
                _bars(sheet, into, one, curve, turned=plot.turned)
                notes.of_bars(one, curve.bars)
    if with_values:
        notes.write(sheet)


def _window(sheet: Sheet, plot: Plot) -> Element:
    """A picture in the picture: it cuts what lies beyond the ends of an axis, and its origin is the plot's."""
    width, height = plot.width + 2 * _OVERHANG, plot.height + 2 * _OVERHANG
    return sheet.add(
        "svg",
        x=plot.left - _OVERHANG,
        y=plot.top - _OVERHANG,
        width=width,
        height=height,
        viewBox=f"{-_OVERHANG} {-_OVERHANG} {coordinate(width)} {coordinate(height)}",
    )


def _line(sheet: Sheet, into: Element, one: Drawn, curve: "Curve", *, crowd: int, dotted: bool) -> None:
    lone = len(one.values) == 1
    group = sheet.add("g", into, ink=one.ink)
    if curve.ground and not lone:
        opacity = 1 if one.kind == "stackedarea" else 0.22 if crowd <= 4 else 0.12
        sheet.add("path", group, d=outline(curve.ground, closed=True), fill_opacity=f"{opacity}")
    if curve.line and not lone:
        sheet.add(
            "path",
            group,
            d=outline(curve.line),
            fill="none",
            stroke="currentColor",
            stroke_width="2.2" if crowd <= 6 else "1.6" if crowd <= 15 else "1.1",
            stroke_linejoin="round",
            stroke_linecap="round",
        )
    if lone or (dotted and one.kind != "stackedarea"):
        for x, y in curve.dots:
            sheet.add("circle", group, cx=x, cy=y, r=4 if lone else 2.6)


def _bars(sheet: Sheet, into: Element, one: Drawn, curve: "Curve", *, turned: bool) -> None:
    """All bars of a series are strokes of one path: a fifth of the bytes of as many rectangles."""
    data, at = [], (0, 0)
    for x, y, width, height in curve.bars:
        if turned:
            start, end = (tenths(x), tenths(y + height / 2)), (tenths(x + width), tenths(y + height / 2))
        else:
            start, end = (tenths(x + width / 2), tenths(y)), (tenths(x + width / 2), tenths(y + height))
        if start == end:
            continue
        dx, dy = start[0] - at[0], start[1] - at[1]
        length = end[0] - start[0] if turned else end[1] - start[1]
        data.append(f"m{coordinate(dx / 10)} {coordinate(dy / 10)}{'h' if turned else 'v'}{coordinate(length / 10)}")
        at = end
    thickness = curve.bars[0][3 if turned else 2]
    sheet.add("path", into, ink=one.ink, d="".join(data), stroke="currentColor", stroke_width=f"{thickness:.2f}")

"""Pie and donut: slices beside a legend that gives the numbers."""

import math
from collections.abc import Sequence

from widgets.charts import wording
from widgets.charts.colors import MUTED, REST, TRACK, Ink, ink
from widgets.charts.svg import HEIGHT, Sheet, outline
from widgets.cyfe.layout import Table
from widgets.report import Number

MOST = 12
"""Slices, as many as the palette has colours; the last of them is all the rest when there are more."""

_RADIUS = 140
_CENTER = (158, HEIGHT / 2)
_HOLE = 0.62
_SIZE = 14
_LEFT, _VALUES, _RIGHT = 326, 568, 628

Slice = tuple[str, Number, Ink]


def paint(sheet: Sheet, table: Table) -> None:
    values = [table.numbers(i)[0] for i in range(len(table.columns))]
    found = [(label, value, ink(color)) for (label, color), value in zip(table.colors, values, strict=True)]
    shown = found
    if len(found) > MOST:
        # Only a share of the ring: values that don't add up make no meaningful total, nor does their pie.
        rest = [max(value, 0) for value in values[MOST - 1 :]]
        shown = [*found[: MOST - 1], (wording.and_more(len(rest)), sum(rest), REST)]
    hole = _RADIUS * _HOLE if table.chart == "donut" else 0
    _ring(sheet, shown, hole)
    if hole and table.additive:
        sheet.text(*_CENTER, wording.short(sum(values)), size=36, anchor="middle", font_weight="600")
        sheet.text(_CENTER[0], _CENTER[1] + 24, "Total", size=14, anchor="middle", ink=MUTED)
    _legend(sheet, shown)


def _ring(sheet: Sheet, slices: Sequence[Slice], hole: float) -> None:
    whole = sum(max(value, 0) for _, value, _ in slices)
    start = 0.0
    for _, value, color in slices if whole else [("", 1, TRACK)]:
        end = start + max(value, 0) / (whole or 1)
        if end > start:
            # A step every two degrees looks round, a whole circle included.
            steps = max(2, math.ceil((end - start) * 180))
            turns = [start + (end - start) * i / steps for i in range(steps + 1)]
            rim = [_place(turn, _RADIUS) for turn in turns]
            inner = [_place(turn, hole) for turn in reversed(turns)] if hole else [_CENTER]
            sheet.add("path", d=outline([*rim, *inner], closed=True), ink=color)
        start = end


def _place(turn: float, radius: float) -> tuple[float, float]:
    angle = turn * math.tau
    return _CENTER[0] + radius * math.sin(angle), _CENTER[1] - radius * math.cos(angle)


def _legend(sheet: Sheet, slices: Sequence[Slice]) -> None:
    whole = sum(max(value, 0) for _, value, _ in slices)
    line = min(30, (HEIGHT - 24) / len(slices))
    y = (HEIGHT - line * len(slices)) / 2 + line / 2
    for label, value, color in slices:
        words = wording.full(value) if abs(value) < 1e6 else wording.short(value)
        room = _VALUES - wording.width(words, _SIZE) - _LEFT - 34
        sheet.add("rect", x=_LEFT, y=y - 5, width=10, height=10, rx=2.5, ink=color)
        sheet.text(_LEFT + 19, y + 5, wording.fitted(label, room, _SIZE), size=_SIZE)
        sheet.text(_VALUES, y + 5, words, anchor="end", size=_SIZE)
        share = wording.percent(value / whole) if whole and value >= 0 else ""
        sheet.text(_RIGHT, y + 5, share, anchor="end", size=_SIZE, ink=MUTED)
        y += line

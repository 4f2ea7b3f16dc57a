"""Pie and donut: pygal's slices beside a legend that gives the numbers."""

import re

from widgets.charts import wording
from widgets.charts.colors import MUTED, REST, TRACK, Ink, ink
from widgets.charts.svg import HEIGHT, Sheet, coordinate
from widgets.charts.totals import Total, totals
from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report

MOST = 12
"""Slices, as many as the palette has colours; the last of them is all the rest when there are more."""

_RADIUS = 140
_CENTER = (158, HEIGHT / 2)
_HOLE = 0.62
_SIZE = 14
_LEFT, _VALUES, _RIGHT = 326, 568, 628

_NUMBER = re.compile(r"-?\d+\.\d+")


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    found = totals(report)
    colors = [ink(color) for color in drawing.colors_for([total.label for total in found])]
    shown, inks, rest = found, colors, 0
    if len(found) > MOST:
        shown, inks = found[: MOST - 1], [*colors[: MOST - 1], REST]
        left = found[MOST - 1 :]
        rest = len(left)
        # Only a share of the ring: what doesn't add up makes no meaningful total, nor does its pie.
        shown = [*shown, Total(wording.and_more(rest), sum(max(total.value, 0) for total in left))]
    _ring(sheet, shown, inks, hole=_HOLE if drawing.chart == "donut" else 0)
    if drawing.chart == "donut" and report.additive:
        whole = wording.short(sum(total.value for total in found))
        sheet.text(*_CENTER, whole, size=36, anchor="middle", font_weight="600")
        name = wording.fitted(report.values_name or "Total", 2 * _HOLE * _RADIUS - 30, 14)
        sheet.text(_CENTER[0], _CENTER[1] + 24, name, size=14, anchor="middle", ink=MUTED)
    _legend(sheet, shown, inks)


def _ring(sheet: Sheet, shown: list[Total], inks: list[Ink], hole: float) -> None:
    drawn = [(total.value, color) for total, color in zip(shown, inks, strict=True) if total.value > 0]
    if not drawn:
        thickness = _RADIUS * (1 - hole)
        radius = _RADIUS - thickness / 2
        sheet.add(
            "circle",
            cx=_CENTER[0],
            cy=_CENTER[1],
            r=radius,
            ink=TRACK,
            fill="none",
            stroke="currentColor",
            stroke_width=thickness,
        )
        return
    from widgets.charts import curves

    side = 2 * _RADIUS / curves.PIE_OF_ITS_SQUARE
    group = sheet.add(
        "g", transform=f"translate({coordinate(_CENTER[0] - side / 2)} {coordinate(_CENTER[1] - side / 2)})"
    )
    paths = curves.slices([value for value, _ in drawn], side, hole)
    for path, (_, color) in zip(paths, drawn, strict=True):
        data = _NUMBER.sub(lambda number: f"{float(number[0]):.2f}", path)
        sheet.add("path", group, d=data, ink=color)


def _legend(sheet: Sheet, shown: list[Total], inks: list[Ink]) -> None:
    whole = sum(max(total.value, 0) for total in shown)
    line = min(30, (HEIGHT - 24) / len(shown))
    y = (HEIGHT - line * len(shown)) / 2 + line / 2
    for total, color in zip(shown, inks, strict=True):
        value = _value(total.value)
        room = _VALUES - wording.width(value, _SIZE) - _LEFT - 34
        sheet.add("rect", x=_LEFT, y=y - 5, width=10, height=10, rx=2.5, ink=color)
        sheet.text(_LEFT + 19, y + 5, wording.fitted(total.label, room, _SIZE), size=_SIZE)
        sheet.text(_VALUES, y + 5, value, anchor="end", size=_SIZE)
        share = wording.percent(total.value / whole) if whole and total.value >= 0 else ""
        sheet.text(_RIGHT, y + 5, share, anchor="end", size=_SIZE, ink=MUTED)
        y += line


def _value(value: Number) -> str:
    return wording.full(value) if abs(value) < 1e6 else wording.short(value)

"""Gauge: one figure on a half circle that ends at the widget's target."""

import math

from widgets.charts import axes, wording
from widgets.charts.colors import MUTED, TRACK, Ink, ink
from widgets.charts.number import readable
from widgets.charts.svg import WIDTH, Sheet
from widgets.charts.totals import one_figure
from widgets.cyfe.drawing import Drawing
from widgets.report import Report

_X, _Y = WIDTH / 2, 258
_RADIUS, _THICKNESS = 196, 44


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    figure = one_figure(report)
    value = figure.value
    # Without a target above 0 there is nothing to reach, but still a scale to stand on.
    target = drawing.target if drawing.target is not None and drawing.target > 0 else None
    end = target or axes.scale([max(value, 0)]).high
    share = min(max(value / end, 0), 1)
    _arc(sheet, 1, TRACK)
    if share:
        _arc(sheet, share, ink(drawing.colors_for([figure.label])[0]))
    words = readable(value)
    size = min(76, 270 / wording.width(words, 1))
    sheet.text(_X, _Y - 22, words, size=size, anchor="middle", font_weight="600", letter_spacing="-.02em")
    if target:
        reached = f"{wording.percent(value / target)} of {readable(target)}"
        sheet.text(_X, _Y + 8, reached, size=17, anchor="middle", ink=MUTED)
    for x, bound in ((_X - _RADIUS, 0), (_X + _RADIUS, end)):
        sheet.text(x, _Y + 22, wording.short(bound), size=13, anchor="middle", ink=MUTED)
    if figure.label:
        sheet.text(_X, _Y + 62, wording.fitted(figure.label, 580, 18), size=18, anchor="middle")


def _arc(sheet: Sheet, share: float, color: Ink) -> None:
    angle = math.pi * (1 - share)
    x, y = _X + _RADIUS * math.cos(angle), _Y - _RADIUS * math.sin(angle)
    sheet.add(
        "path",
        d=f"M{_X - _RADIUS:.1f} {_Y:.1f}A{_RADIUS} {_RADIUS} 0 0 1 {x:.1f} {y:.1f}",
        ink=color,
        fill="none",
        stroke="currentColor",
        stroke_width=_THICKNESS,
    )

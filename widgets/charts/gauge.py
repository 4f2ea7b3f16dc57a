"""Gauge: one figure on a half circle that ends at the widget's target."""

import math

from widgets.charts import axes, wording
from widgets.charts.colors import MUTED, TRACK, Ink, ink
from widgets.charts.number import readable
from widgets.charts.svg import WIDTH, Sheet
from widgets.cyfe.layout import Table

_X, _Y = WIDTH / 2, 258
_RADIUS, _THICKNESS = 196, 44


def paint(sheet: Sheet, table: Table) -> None:
    (value,), (target,) = table.numbers(0), table.numbers(1)
    # Without a target above 0 there is nothing to reach, but still a scale to stand on.
    end = target if target > 0 else axes.scale([max(value, 0)]).high
    share = min(max(value / end, 0), 1)
    _arc(sheet, 1, TRACK)
    if share:
        _arc(sheet, share, ink(table.colors[0][1]))
    words = readable(value)
    size = min(76, 270 / wording.width(words, 1))
    sheet.text(_X, _Y - 22, words, size=size, anchor="middle", font_weight="600", letter_spacing="-.02em")
    reached = f"{wording.percent(value / target)} of " if target > 0 else "Target "
    sheet.text(_X, _Y + 8, reached + readable(target), size=17, anchor="middle", ink=MUTED)
    for x, bound in ((_X - _RADIUS, 0), (_X + _RADIUS, end)):
        sheet.text(x, _Y + 22, wording.short(bound), size=13, anchor="middle", ink=MUTED)
    sheet.text(_X, _Y + 62, wording.fitted(table.columns[0], 580, 18), size=18, anchor="middle")


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

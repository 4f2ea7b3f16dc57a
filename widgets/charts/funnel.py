"""Funnel: a bar a step, each as wide as many got there, with what was lost in between."""

from widgets.charts import wording
from widgets.charts.colors import MUTED, TRACK, ink
from widgets.charts.svg import HEIGHT, Sheet, outline
from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report

MOST = 8
_EDGE = 16
_MIDDLE, _WIDEST = 348, 310
_RIGHT = 624


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    counts: list[Number] = [value or 0 for value in report.series[0].values]
    shown = counts[: MOST - 1] if len(counts) > MOST else counts
    color = ink(drawing.colors_for([report.series[0].label])[0])
    more = len(counts) - len(shown)
    height = min(72, (HEIGHT - 24 - (24 if more else 0)) / len(shown))
    bar = height * 0.58
    top = (HEIGHT - (24 if more else 0) - height * len(shown) + height - bar) / 2
    widest = max(*counts, 0) or 1
    halves = [max(_WIDEST / 2 * max(count, 0) / widest, 1) for count in shown]
    for i, half in enumerate(halves):
        y = top + i * height
        if i + 1 < len(shown):
            below = halves[i + 1]
            slope = [
                (_MIDDLE - half, y + bar),
                (_MIDDLE + half, y + bar),
                (_MIDDLE + below, y + height),
                (_MIDDLE - below, y + height),
            ]
            sheet.add("path", d=outline(slope, closed=True), ink=color, opacity=".16")
            if shown[i] > 0:
                passed = f"↓ {wording.percent(shown[i + 1] / shown[i])}"
                between = y + (bar + height) / 2
                sheet.text(_MIDDLE, between + 4.3, passed, size=12, anchor="middle", ink=MUTED)
        sheet.add("rect", x=_MIDDLE - _WIDEST / 2, y=y, width=_WIDEST, height=bar, rx=3, ink=TRACK, opacity=".55")
        sheet.add("rect", x=_MIDDLE - half, y=y, width=2 * half, height=bar, rx=min(3, half), ink=color)
        middle = y + bar / 2
        name = wording.fitted(wording.row_name(report.rows[i]), _MIDDLE - _WIDEST / 2 - _EDGE - 14, 15)
        sheet.text(_EDGE, middle + 5, name, size=15)
        _figures(sheet, middle, shown, i)
    if more:
        words = wording.and_more(more, "step" if more == 1 else "steps")
        sheet.text(_MIDDLE, HEIGHT - 14, words, anchor="middle", ink=MUTED)


def _figures(sheet: Sheet, middle: float, counts: list[Number], i: int) -> None:
    """How many got there, and of those who started, how large a part."""
    count = wording.full(counts[i]) if abs(counts[i]) < 1e8 else wording.short(counts[i])
    if i == 0:
        sheet.text(_RIGHT, middle + 5, count, size=15, anchor="end", font_weight="600")
        return
    sheet.text(_RIGHT, middle - 1.5, count, size=15, anchor="end", font_weight="600")
    if counts[0] > 0:
        share = f"{wording.percent(counts[i] / counts[0])} of all"
        sheet.text(_RIGHT, middle + 14, share, size=12.5, anchor="end", ink=MUTED)

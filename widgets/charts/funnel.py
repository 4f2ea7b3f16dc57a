"""Funnel: one bar per step, as wide as many people reached it, with how many went on in between."""

from widgets.charts import wording
from widgets.charts.colors import MUTED, TRACK, ink
from widgets.charts.number import readable
from widgets.charts.svg import HEIGHT, Sheet, outline
from widgets.cyfe.layout import Table

MOST = 8
_EDGE = 16
_MIDDLE, _WIDEST = 348, 310
_RIGHT = 624


def paint(sheet: Sheet, table: Table) -> None:
    counts = table.numbers(1)
    shown = counts[: MOST - 1] if len(counts) > MOST else counts
    color = ink(table.colors[0][1])
    more = len(counts) - len(shown)
    height = min(72, (HEIGHT - 24 - (24 if more else 0)) / len(shown))
    bar = height * 0.58
    top = (HEIGHT - (24 if more else 0) - height * len(shown) + height - bar) / 2
    widest = max(*counts, 0) or 1
    halves = [max(_WIDEST / 2 * max(count, 0) / widest, 1) for count in shown]
    for i, (label, half) in enumerate(zip(table.labels, halves, strict=False)):
        y = top + i * height
        middle = y + bar / 2
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
                sheet.text(_MIDDLE, y + (bar + height) / 2 + 4.3, passed, size=12, anchor="middle", ink=MUTED)
        sheet.add("rect", x=_MIDDLE - _WIDEST / 2, y=y, width=_WIDEST, height=bar, rx=3, ink=TRACK, opacity=".55")
        sheet.add("rect", x=_MIDDLE - half, y=y, width=2 * half, height=bar, rx=min(3, half), ink=color)
        name = wording.fitted(label, _MIDDLE - _WIDEST / 2 - _EDGE - 14, 15)
        sheet.text(_EDGE, middle + 5, name, size=15)
        count, share = readable(counts[i]), i and counts[0] > 0
        sheet.text(_RIGHT, middle + (-1.5 if share else 5), count, size=15, anchor="end", font_weight="600")
        if share:
            words = f"{wording.percent(counts[i] / counts[0])} of all"
            sheet.text(_RIGHT, middle + 14, words, size=12.5, anchor="end", ink=MUTED)
    if more:
        words = wording.and_more(more, "step" if more == 1 else "steps")
        sheet.text(_MIDDLE, HEIGHT - 14, words, anchor="middle", ink=MUTED)

"""List: labels and numbers, each on a bar that shows how they compare."""

from widgets.charts import wording
from widgets.charts.colors import MUTED, ink
from widgets.charts.svg import WIDTH, Sheet
from widgets.cyfe.layout import Table

_EDGE = 16
_TOP = 36
_LINE = 32
_MOST = 10


def paint(sheet: Sheet, table: Table) -> None:
    values = table.numbers(1)
    shown = len(values) if len(values) <= _MOST else _MOST - 1
    for heading, x, anchor in zip(table.columns, (_EDGE, WIDTH - _EDGE), ("start", "end"), strict=True):
        sheet.text(x, 22, wording.fitted(heading, 280, 13), size=13, anchor=anchor, ink=MUTED)
    color = ink(table.colors[0][1])
    largest = max(values[:shown])
    for i, (label, value) in enumerate(list(zip(table.labels, values, strict=True))[:shown]):
        y = _TOP + i * _LINE
        if value > 0:
            length = max(3, (WIDTH - 2 * _EDGE) * value / largest)
            sheet.add("rect", x=_EDGE, y=y, width=length, height=_LINE - 5, rx=4, ink=color, opacity=".17")
        words = wording.full(value)
        room = WIDTH - 2 * _EDGE - wording.width(words, 15.5) - 40
        sheet.text(_EDGE + 10, y + 19, wording.fitted(label, room, 15.5), size=15.5)
        sheet.text(WIDTH - _EDGE - 10, y + 19, words, size=15.5, anchor="end", font_weight="600")
    if shown < len(values):
        more = wording.and_more(len(values) - shown)
        sheet.text(_EDGE + 10, _TOP + shown * _LINE + 19, more, size=14, ink=MUTED)

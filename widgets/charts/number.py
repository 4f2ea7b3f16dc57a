"""Number: one figure, as large as it fits, and how it compares with the period before."""

from widgets.charts import wording
from widgets.charts.colors import BAD, GOOD, MUTED, TEXT, ink
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.cyfe.layout import Table
from widgets.report import Number

_LARGEST = 104
_MIDDLE = WIDTH / 2


def paint(sheet: Sheet, table: Table) -> None:
    value, *before = table.numbers(0)
    words = readable(value)
    size = min(_LARGEST, 560 / wording.width(words, 1))
    base = HEIGHT / 2 + size * 0.36 - (18 if before else 0)
    # Its default colour says nothing, and text is easier to read.
    color = ink(table.colors[0][1]) if "Color" in table.options else TEXT
    sheet.text(_MIDDLE, base, words, size=size, anchor="middle", ink=color, font_weight="600", letter_spacing="-.02em")
    name = wording.fitted(table.columns[0], 580, 18)
    sheet.text(_MIDDLE, base - size * 0.72 - 22, name, size=18, anchor="middle", ink=MUTED)
    if before:
        _comparison(sheet, base + 52, value, before[0], less_is_better=table.reverse)


def readable(value: Number) -> str:
    """Every digit of it while it can be taken in at a glance."""
    return wording.full(value) if abs(value) < 1e8 else wording.short(value)


def _comparison(sheet: Sheet, y: float, now: Number, before: Number, *, less_is_better: bool) -> None:
    line = sheet.text(_MIDDLE, y, "", size=20, anchor="middle", ink=MUTED)
    if before:
        change = (now - before) / abs(before)
        sign = "▲" if change > 0 else "▼" if change < 0 else "="
        verdict = MUTED if not change else GOOD if (change > 0) != less_is_better else BAD
        sheet.add("tspan", line, ink=verdict, font_weight="600").text = f"{sign} {wording.percent(abs(change))}"
    sheet.add("tspan", line, dx=12 if before else 0).text = f"{readable(before)} before"

"""Number: one figure, as large as it fits, and how it compares with the period before."""

from widgets.charts import wording
from widgets.charts.colors import BAD, GOOD, MUTED, TEXT, ink
from widgets.charts.svg import HEIGHT, WIDTH, Sheet
from widgets.charts.totals import Figure, one_figure
from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report

_LARGEST = 104
_MIDDLE = WIDTH / 2


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    figure = one_figure(report)
    words = readable(figure.value)
    size = min(_LARGEST, 560 / wording.width(words, 1))
    compared = drawing.wants("comparison") and figure.previous is not None
    base = HEIGHT / 2 + size * 0.36 - (18 if compared else 0)
    # Its default colour says nothing, and text is easier to read.
    color = ink(drawing.colors_for([figure.label])[0]) if drawing.colors else TEXT
    sheet.text(_MIDDLE, base, words, size=size, anchor="middle", ink=color, font_weight="600", letter_spacing="-.02em")
    if figure.label:
        name = wording.fitted(figure.label, 580, 18)
        sheet.text(_MIDDLE, base - size * 0.72 - 22, name, size=18, anchor="middle", ink=MUTED)
    if compared:
        _comparison(sheet, base + 52, figure, less_is_better=drawing.wants("reverse"))


def readable(value: Number) -> str:
    """Every digit of it while it can be taken in at a glance."""
    return wording.full(value) if abs(value) < 1e8 else wording.short(value)


def _comparison(sheet: Sheet, y: float, figure: Figure, *, less_is_better: bool) -> None:
    now, before = figure.value, figure.previous or 0
    beside = f"{readable(before)} before"
    if not before:
        sheet.text(_MIDDLE, y, beside, size=20, anchor="middle", ink=MUTED)
        return
    change = (now - before) / abs(before)
    sign = "▲" if change > 0 else "▼" if change < 0 else "="
    verdict = MUTED if not change else GOOD if (change > 0) != less_is_better else BAD
    # One line of two parts, which the viewer's own font keeps apart.
    line = sheet.text(_MIDDLE, y, "", size=20, anchor="middle", ink=MUTED)
    words = f"{sign} {wording.percent(abs(change))}"
    sheet.add("tspan", line, ink=verdict, font_weight="600").text = words
    sheet.add("tspan", line, dx=12).text = beside

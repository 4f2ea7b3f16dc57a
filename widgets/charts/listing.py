"""List: labels and numbers, each on a bar that shows how they compare."""

from widgets.charts import wording
from widgets.charts.colors import MUTED, ink
from widgets.charts.svg import WIDTH, Sheet
from widgets.charts.totals import Total, totals
from widgets.cyfe.drawing import Drawing
from widgets.report import Report

_EDGE = 16
_TOP = 36
_LINE = 32
_MOST = 10


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    if report.row_kind == "steps":
        values = report.series[0].values
        lines = [Total(wording.row_name(row), value or 0) for row, value in zip(report.rows, values, strict=True)]
    else:
        lines = totals(report)
    shown = lines if len(lines) <= _MOST else lines[: _MOST - 1]
    left = wording.fitted(report.labels_name or ("Step" if report.row_kind == "steps" else "Label"), 280, 13)
    right = wording.fitted(report.values_name or "Value", 280, 13)
    sheet.text(_EDGE, 22, left, size=13, ink=MUTED)
    sheet.text(WIDTH - _EDGE, 22, right, size=13, anchor="end", ink=MUTED)
    color = ink(drawing.colors_for([line.label for line in shown])[0])
    largest = max(line.value for line in shown)
    for i, line in enumerate(shown):
        y = _TOP + i * _LINE
        if line.value > 0:
            length = max(3, (WIDTH - 2 * _EDGE) * line.value / largest)
            sheet.add("rect", x=_EDGE, y=y, width=length, height=_LINE - 5, rx=4, ink=color, opacity=".17")
        value = wording.full(line.value)
        room = WIDTH - 2 * _EDGE - wording.width(value, 15.5) - 40
        sheet.text(_EDGE + 10, y + 19, wording.fitted(line.label, room, 15.5), size=15.5)
        sheet.text(WIDTH - _EDGE - 10, y + 19, value, size=15.5, anchor="end", font_weight="600")
    if len(shown) < len(lines):
        more = wording.and_more(len(lines) - len(shown))
        sheet.text(_EDGE + 10, _TOP + len(shown) * _LINE + 19, more, size=14, ink=MUTED)

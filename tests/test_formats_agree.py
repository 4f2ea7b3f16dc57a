"""CSV, JSON and the picture of a widget say the same: each is written from one Table."""

import csv
import io
import json
import xml.etree.ElementTree as ET
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from widgets.charts.number import readable

from tests.charts.reading import SVG, words
from tests.charts.samples import days
from tests.cyfe.any_report import OPTIONS, reports
from widgets.charts import axes, wording
from widgets.cyfe import CHARTS, LAYOUTS, Drawing, lay_out
from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.labels import safe
from widgets.cyfe.numbers import number_text
from widgets.poll.render import WRITERS
from widgets.report import Report, ReportError
from widgets.spec import TIME_SERIES_CHARTS

NOTHING = "No data in this range"


def written(report, drawing):
    """Each format as people and Cyfe read it: lines of cells, columns and rows, words and the picture itself."""
    table = lay_out(report, drawing)
    made = {name: write(table) for name, write in WRITERS.items()}
    lines = list(csv.reader(io.StringIO(made["csv"].decode())))
    return lines, json.loads(made["json"] + b"}"), words(made["svg"]), made["svg"]


@st.composite
def asked(draw):
    chart = draw(st.sampled_from(CHARTS))
    report = draw(reports(draw(st.sampled_from(LAYOUTS[chart].row_kinds)), largest=10**14))
    options = draw(OPTIONS) | {"axis_min": draw(st.none() | st.floats(-1e9, 1e9))}
    return report, Drawing(chart, target=draw(st.integers(-9, 9)), options=options)


@given(asked())
@settings(max_examples=500, deadline=None)
def test_they_agree_on_labels_rows_zeros_and_no_data(given):
    report, drawing = given
    try:
        lines, data, shown, picture = written(report, drawing)
    except ReportError:
        return  # Each is written from the Table: without one, none is.
    columns, rows = data["columns"], data["rows"]

    header, body = lines[0], lines[1 : 1 + len(rows)]
    assert all(cell.startswith(safe(label)) for cell, label in zip(header, columns, strict=True))
    for cells, row in zip(body, rows, strict=True):
        for cell, value in zip(cells, row, strict=True):
            if isinstance(value, str):  # a date with or without its hyphens, or a label perhaps told from another
                assert cell.startswith((safe(value), value.replace("-", "")))
            else:
                assert cell == ("" if value is None else number_text(value))
    assert not any(line[0][:4].isdigit() for line in lines[1 + len(rows) :]), "what follows are option rows"

    assert (shown == [NOTHING]) == (not rows)
    pairs = zip(body, rows, strict=True)
    rows = [
        [0 if cell == "0" and not isinstance(value, str) else value for cell, value in zip(cells, row, strict=True)]
        for cells, row in pairs
    ]
    labels, numbers = told(drawing, columns, rows) if rows else ((), ())
    for label in labels:
        assert any(reads(word, label) for word in shown) or any("more" in word for word in shown), (label, shown)
    for number in numbers:
        assert any(word.endswith((number, f"{number} before")) for word in shown), (number, shown)
    if drawing.chart == "line" and not drawing.options.get("types"):
        dots = [float(dot.get("cy")) for dot in ET.fromstring(picture).iter(f"{SVG}circle")]
        values = [row[i] for i in range(1, len(columns)) for row in rows]
        assert len({dot for dot, value in zip(dots, values, strict=True) if value == 0}) <= 1, "zeros lie on one line"


def reads(word, label):
    """Whether the word is the label, cut to the room that there is."""
    plain = wording.plain(label)
    return word in (plain, f"{plain} (right)") or ("…" in word and plain.startswith(word.partition("…")[0]))


def told(drawing, columns, rows):
    """The labels and numbers of the JSON that the picture of that chart must show."""
    if drawing.chart in TIME_SERIES_CHARTS:
        return [*columns[1:], *(axes.day(date.fromisoformat(row[0])) for row in rows)], []
    if drawing.chart in ("pie", "donut"):
        return columns, [wording.full(value) if abs(value) < 1e6 else wording.short(value) for value in rows[0]]
    if drawing.chart in ("number", "gauge"):
        return columns[:1], [readable(row[0]) for row in rows]
    if drawing.chart == "cohort":
        return columns[1:], []
    labels = [COUNTRIES.get(row[0], row[0]) if drawing.chart == "map" else row[0] for row in rows]
    if drawing.chart == "table":
        return [*columns, *labels], []
    write = wording.full if drawing.chart == "list" else readable
    return [*(columns if drawing.chart == "list" else ()), *labels], [write(row[1] or 0) for row in rows]


@pytest.mark.parametrize("chart", CHARTS)
def test_they_say_the_same_of_an_event_that_never_happened(chart):
    """Headings alone, zeros, or one reason why there is nothing: never a line at zero here and no data there."""
    kind = LAYOUTS[chart].row_kinds[0]
    rows = {"dates": days(2), "steps": (), "total": ("",)}[kind]
    report = Report(kind, rows, (), values_name="Signed up")
    try:
        lines, data, shown, _ = written(report, Drawing(chart, target=5))
    except ReportError as error:
        assert "nothing to draw" in str(error)
        assert chart in ("pie", "donut", "funnel", "cohort", "map")
        return
    if chart in TIME_SERIES_CHARTS:
        assert [line[1] for line in lines[1:3]] == ["0", "0"]
        assert [row[1] for row in data["rows"]] == [0, 0]
        assert {"Signed up", "Nov 1", "Nov 2"} <= set(shown)
    elif chart in ("number", "gauge"):
        assert (lines[1][0], data["rows"][0][0], shown[0]) == ("0", 0, "0")
    else:
        assert (len(lines), data["rows"], shown) == (1, [], [NOTHING])

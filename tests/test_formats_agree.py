"""All formats of a widget and its figure show the same data, because each is written from the same Table."""

import csv
import io
import json
import re
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.charts.samples import days
from tests.conftest import examples
from tests.cyfe.any_report import OPTIONS, reports
from widgets.cyfe import LAYOUTS, Drawing, lay_out
from widgets.cyfe.labels import FORMULA_STARTS, readable, safe, without_formula
from widgets.cyfe.numbers import number_text
from widgets.formats import formats_for
from widgets.poll.render import WRITERS
from widgets.report import Report, ReportError
from widgets.spec import TIME_SERIES_CHARTS, WidgetSpec

NOTHING = "No data in this range."


def written(report, drawing):
    """Returns the lines of the CSV, the JSON and the figure. Asserts that the other formats agree with the JSON."""
    table = lay_out(report, drawing)
    made = {
        name: WRITERS[name](table)
        for name in (*(f.extension for f in formats_for(WidgetSpec("events", chart=drawing.chart))), "figure")
    }
    lines = list(csv.reader(io.StringIO(made["csv"].decode())))
    data = json.loads(made["json"] + b"}")
    others_agree(made, data)
    return lines, data, json.loads(made["figure"])


def others_agree(made, data):
    header, *lines = csv.reader(io.StringIO(made["plain.csv"].decode(), newline=""))
    records = json.loads(made["records.json"])
    assert made["plain.csv"].endswith(b"\r\n")
    assert len(set(header)) == len(header)
    assert all(
        name.startswith(without_formula(readable(label))) for name, label in zip(header, data["columns"], strict=True)
    )
    assert [list(record.values()) for record in records] == data["rows"]
    assert all(list(record) == header for record in records)
    texts = [
        [
            "" if c is None else as_hour(without_formula(readable(c))) if isinstance(c, str) else number_text(c)
            for c in row
        ]
        for row in data["rows"]
    ]
    assert lines == texts
    for row, cells in zip(data["rows"], lines, strict=True):
        assert not any(
            cell[:1] in FORMULA_STARTS for cell, value in zip(cells, row, strict=True) if isinstance(value, str)
        )
    if "badge.json" in made:
        badge = json.loads(made["badge.json"])
        figures = [cell for cell in data["rows"][0] if cell is not None]
        assert badge["message"].replace(",", "") == " / ".join(map(number_text, figures))
        assert badge["schemaVersion"] == 1
        assert badge["label"]


def as_hour(text):
    """The hour as in CSV, without its UTC offset. Other texts stay unchanged."""
    hour = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:00:00[+-]\d\d:\d\d", text)
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M") if hour else text


@st.composite
def asked(draw):
    chart = draw(st.sampled_from([*LAYOUTS]))
    report = draw(reports(draw(st.sampled_from(LAYOUTS[chart].row_kinds)), largest=10**14))
    options = draw(OPTIONS) | {"axis_min": draw(st.none() | st.floats(-1e9, 1e9))}
    return report, Drawing(chart, target=draw(st.integers(-9, 9)), options=options)


@given(asked())
@settings(max_examples=examples(300), deadline=None)
def test_all_formats_have_the_same_labels_rows_zeros_and_messages(given):
    report, drawing = given
    try:
        lines, data, figure = written(report, drawing)
    except ReportError:
        return
    columns, rows = data["columns"], data["rows"]

    header, body = lines[0], lines[1 : 1 + len(rows)]
    assert all(cell.startswith(safe(label)) for cell, label in zip(header, columns, strict=True))
    for cells, row in zip(body, rows, strict=True):
        for cell, value in zip(cells, row, strict=True):
            # Dates may lack their hyphens, and equal labels have suffixes.
            if isinstance(value, str):
                assert cell.startswith((as_hour(safe(value)), value.replace("-", "")))
            else:
                assert cell == ("" if value is None else number_text(value))
    assert not any(line[0][:4].isdigit() for line in lines[1 + len(rows) :]), "only option rows follow"

    assert figure["columns"] == [readable(column) for column in columns]
    assert figure["rows"] == [[readable(c) if isinstance(c, str) else c for c in row] for row in rows]
    assert (figure["words"] == NOTHING) == (not rows)
    assert sorted(drawn(figure)) == sorted(numbers(figure))


def drawn(figure):
    """The numbers that ECharts draws. For a time series, `encode` says which columns of `rows` they are."""
    option, chart = figure["option"], figure["chart"]
    if option is None:
        return numbers(figure)
    if chart in TIME_SERIES_CHARTS:
        at = [series["encode"]["x" if "bar" in chart else "y"] for series in option["series"]]
        return [row[i] for i in at for row in figure["rows"]]
    (series,) = option["series"]
    if chart == "cohort":
        sizes = [row[1] for row in figure["rows"]] if len(option["xAxis"]["data"]) < len(figure["columns"]) - 1 else []
        return [*(cell[2] for cell in series["data"]), *(size for size in sizes if size is not None)]
    target = [option["target"]] if chart == "gauge" else []
    return [*(point["value"] for point in series["data"]), *target]


def numbers(figure):
    return [cell for row in figure["rows"] for cell in row if isinstance(cell, int | float)]


@pytest.mark.parametrize("chart", LAYOUTS)
def test_all_formats_show_the_same_for_an_event_that_never_happened(chart):
    """All formats of a chart show zeros, or all show only headings, or none can be written."""
    kind = LAYOUTS[chart].row_kinds[0]
    rows = {"dates": days(2), "steps": (), "total": ("",)}[kind]
    report = Report(kind, rows, (), values_name="Signed up")
    try:
        lines, data, figure = written(report, Drawing(chart, target=5))
    except ReportError as error:
        assert "nothing to draw" in str(error)
        assert chart in ("pie", "donut", "funnel", "cohort", "map")
        return
    if chart in TIME_SERIES_CHARTS:
        assert [line[1] for line in lines[1:3]] == ["0", "0"]
        assert [row[1] for row in data["rows"]] == [row[1] for row in figure["rows"]] == [0, 0]
        assert figure["words"].startswith("All values are zero.")
    elif chart in ("number", "gauge"):
        assert (lines[1][0], data["rows"][0][0], figure["rows"][0][0]) == ("0", 0, 0)
    else:
        assert (len(lines), data["rows"], figure["words"]) == (1, [], NOTHING)

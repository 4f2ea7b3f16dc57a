"""Rules that hold for the CSV of every layout, with any labels."""

import csv
import io
import json
import re
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import examples
from tests.cyfe.any_report import NASTY, OPTIONS, reports
from widgets.cyfe import LAYOUTS, lay_out, table_as_json, write_csv
from widgets.cyfe.drawing import Drawing
from widgets.cyfe.options import OPTION_ROWS
from widgets.report import Report, ReportError, Series


@st.composite
def tables(draw):
    chart = draw(st.sampled_from(["line", "pie", "funnel", "list", "table", "number", "gauge", "cohort", "map"]))
    report = draw(reports(draw(st.sampled_from(LAYOUTS[chart].row_kinds))))
    colors = draw(st.sampled_from([[], ["#FF0000"], {"a": "#00ff00"}]))
    drawing = Drawing(chart, colors=colors, target=draw(st.integers()), options=draw(OPTIONS))
    try:
        return chart, lay_out(report, drawing)
    except ReportError as refused:
        assert str(refused).endswith(".")
        return None


@given(tables())
@settings(max_examples=examples(600), deadline=None)
def test_it_writes_any_labels_as_lines_that_need_no_quotes(drawn):
    if not drawn:
        return
    chart, table = drawn
    body = write_csv(table)
    assert not body.startswith(b"\xef\xbb\xbf")
    text = body.decode("utf-8")
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    cells = [line.split(",") for line in lines]
    assert cells == list(csv.reader(io.StringIO(text, newline="")))
    assert text.splitlines() == lines
    header, data = cells[0], cells[1 : 1 + len(table.rows)]

    assert len(header) == len(table.columns) == len(set(header))
    assert all(len(row) == len(header) for row in data)
    assert [row[0] for row in cells[1 + len(data) :]] == list(table.options)
    for written, row in [(header, table.columns), *zip(data, table.rows, strict=True)]:
        for cell, raw in zip(written, row, strict=True):
            check_cell(cell, raw)
    if chart in ("list", "funnel", "map") or table.labels_first:
        names = {name.casefold() for name in OPTION_ROWS}
        assert header[0].casefold() not in names
        labels = [row[0] for row in data]
        assert not {label.casefold() for label in labels} & (names | {"date"})
        assert len(set(labels)) == len(labels)
    json.loads(json.dumps(table_as_json(table), allow_nan=False))


def check_cell(cell, raw):
    if isinstance(raw, str):
        assert cell == cell.strip() != ""
        assert all(piece.strip()[:1] not in tuple("=+-@＝＋－＠﹦﹢﹣﹫") for piece in cell.split(";"))
        assert not re.search('[\x00-\x1f\x7f-\x9f\ufeff\u2028-\u202e\u2066-\u2069",]', cell)
    elif raw is None:
        assert cell == ""
    elif isinstance(raw, datetime):
        assert cell.startswith(f"{raw:%Y-%m-%d %H:%M}")
    elif isinstance(raw, date):
        assert cell.replace("-", "") == raw.strftime("%Y%m%d")
    else:
        assert re.fullmatch(r"-?\d+(\.\d{1,4})?", cell)
        assert type(raw)(cell) == round(raw, 4)


@pytest.mark.parametrize("label", NASTY)
def test_json_has_the_labels_as_mixpanel_gave_them(label):
    report = Report("total", ("",), (Series(label, (1,)),), labels_name="Value", values_name="Count")
    table = table_as_json(lay_out(report, Drawing("list")))
    assert table == {"columns": ["Value", "Count"], "rows": [[label, 1]]}

"""The plain Report: what it keeps, and what it makes of odd numbers and labels."""

import json
import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.report import LARGEST_NUMBER, LONGEST_LABEL, NOTE_FIRST, UNSTORABLE, Report, Series, label, note_in, number

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
values = st.none() | st.integers(-(10**299), 10**299) | st.floats(-1e299, 1e299)


@st.composite
def reports(draw):
    row_kind = draw(st.sampled_from(["dates", "steps", "total"]))
    texts = st.text().map(label)
    if row_kind == "dates":
        rows = tuple(sorted(draw(st.sets(st.dates(), max_size=4))))
    else:
        rows = ("",) if row_kind == "total" else tuple(draw(st.lists(texts, max_size=4)))
    columns = st.tuples(*[values] * len(rows))
    series = draw(st.lists(st.builds(Series, texts, columns, values, texts), max_size=4))
    return Report(row_kind, rows, tuple(series), draw(st.booleans()), draw(texts), draw(texts), draw(texts))


@settings(deadline=None)
@given(reports())
def test_it_is_kept_and_read_back_alike(report):
    kept = report.to_json()
    assert Report.from_json(kept) == report
    assert kept.isascii() and "\x00" not in kept


def test_it_is_kept_in_a_form_that_does_not_change():
    report = Report(
        "dates",
        (date(2026, 11, 1),),
        (Series("US", (5,), 4), Series("FR", (None,), step="Open")),
        additive=True,
        labels_name="Country",
        values_name="Signed up",
        note="A sample.",
    )
    kept = report.to_json()
    assert note_in(kept[:40]) == "A sample." and kept.startswith(NOTE_FIRST)
    assert json.loads(kept) == {
        "note": "A sample.",
        "shape": "dates",
        "rows": ["2026-11-01"],
        "series": [["US", [5], 4, ""], ["FR", [None], None, "Open"]],
        "additive": True,
        "labels_name": "Country",
        "values_name": "Signed up",
    }


def test_it_keeps_a_report_without_a_note_without_a_key_for_it():
    kept = Report("total", ("",), ()).to_json()
    assert "note" not in json.loads(kept) and note_in(kept) == "" and note_in("") == ""


def test_it_reads_what_the_first_release_kept():
    kept = (
        '{"shape":"dates","rows":["2026-11-20"],"series":[["Team",[3],null,""]],"additive":true,"labels_name":"plan",'
        '"values_name":"Signed up","computed_at":"2026-11-20T10:00:00+00:00"}'
    )
    assert Report.from_json(kept) == Report(
        "dates", (date(2026, 11, 20),), (Series("Team", (3,)),), True, "plan", "Signed up"
    )


@settings(deadline=None)
@given(json_values)
def test_it_makes_a_finite_number_or_none_of_any_value(value):
    made = number(value)
    assert made is None or (isinstance(made, int | float) and not isinstance(made, bool))
    assert made is None or (math.isfinite(made) and abs(made) < LARGEST_NUMBER)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER:
        assert made == value


@pytest.mark.parametrize("value", [10**300, -(10**300), 1e300, "1e300", 10**4000, "9" * 5000, "0x10", "", "1 2", b"5"])
def test_it_makes_no_number_of_these(value):
    assert number(value) is None


@settings(deadline=None)
@given(json_values)
def test_it_makes_a_label_that_can_be_kept_of_any_value(value):
    made = label(value)
    made.encode()
    assert len(made) <= LONGEST_LABEL and not UNSTORABLE.search(made)
    assert label(made) == made


def test_it_cuts_a_label_and_shows_that():
    assert label("x" * LONGEST_LABEL) == "x" * LONGEST_LABEL
    assert label("x" * (LONGEST_LABEL + 1)) == "x" * (LONGEST_LABEL - 1) + "…"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (5, "5"), (True, "true"), (["a"], '["a"]'), ("a\x00\ud800", "a��")]
)
def test_it_makes_labels_readable(value, text):
    assert label(value) == text


@settings(deadline=None)
@given(st.lists(values, max_size=50).map(tuple))
def test_it_totals_without_ever_failing(column):
    assert math.isfinite(Series("", column).total)

"""The Report: how it is stored and loaded, and how it handles unusual numbers and labels."""

import json
import math
from datetime import date, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.report import Report, Series, label, note_in

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


def test_it_keeps_hours_with_their_utc_offset():
    hours = tuple(datetime(2026, 11, 1, 1, tzinfo=timezone(timedelta(hours=offset))) for offset in (-7, -8))
    found = Report.from_json(Report("hours", hours, (Series("Signed up", (1, 2)),)).to_json())
    assert [hour.isoformat() for hour in found.rows] == ["2026-11-01T01:00:00-07:00", "2026-11-01T01:00:00-08:00"]


def test_the_json_of_a_report_without_a_note_has_no_key_for_notes():
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
@given(st.lists(values, max_size=50).map(tuple))
def test_the_total_of_any_values_is_finite(column):
    assert math.isfinite(Series("", column).total)

"""Funnels, tables and cohorts: one row per step or date."""

from datetime import date

import pytest

from tests.cyfe.reports import body, dated, steps
from widgets.cyfe import lay_out, table_as_json
from widgets.cyfe.drawing import Drawing
from widgets.report import ReportError, Series


def test_a_funnels_columns_have_default_names():
    assert body(steps(("a",), Series("", (None,))), "funnel") == "Step,Count\na,0\n"


def test_it_makes_equal_steps_different_and_marks_those_that_equal_option_rows():
    funnel = steps(("Open", "Open", "Total"), Series("Count", (3, 2, 1)))
    assert body(funnel, "funnel") == "Step,Count\nOpen,3\nOpen (2),2\nTotal (value),1\n"


@pytest.mark.parametrize("report", [steps(()), steps(("a",)), steps((), Series("Count", ()))])
def test_it_says_what_to_do_when_a_funnel_is_empty(report):
    with pytest.raises(ReportError, match=r"nothing to draw for these dates\. Choose"):
        body(report, "funnel")


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (dated(values_name="Signed up"), "Date,Signed up\n"),
        (dated(Series("a", ()), Series("b", ()), rows=()), "Date,a,b\n"),
        (steps((), values_name="Count"), "Step,Count\n"),
    ],
)
def test_it_writes_a_tables_headings_alone_when_nothing_happened(report, expected):
    assert body(report, "table") == expected


def test_json_has_unchanged_labels_and_null_for_future_values():
    report = dated(Series("=a, b", (1.23456, None)), rows=(date(2026, 11, 1), date(2026, 12, 1)))
    assert table_as_json(lay_out(report, Drawing("cohort"))) == {
        "columns": ["Date", "=a, b"],
        "rows": [["2026-11-01", 1.23456], ["2026-12-01", None]],
    }


def test_it_says_what_to_do_when_there_are_no_cohorts():
    with pytest.raises(ReportError, match=r"nothing to draw for these dates\. Choose"):
        body(dated(values_name="Signed up"), "cohort")

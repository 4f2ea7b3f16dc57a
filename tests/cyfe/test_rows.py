"""Funnel, table and cohort: a step or a date a line."""

from datetime import date

import pytest

from tests.cyfe.reports import body, dated, steps, totals
from widgets.cyfe import lay_out, table_as_json
from widgets.cyfe.drawing import Drawing
from widgets.report import ReportError, Series

GAME = steps(
    ("App Open", "Game Played"),
    Series("Count", (32688, 20524)),
    Series("Conversion", (None, 62.78756)),
    labels_name="Step",
)

COHORTS = dated(
    Series("Users", (120, 98)),
    Series("0", (64, 50)),
    Series("1", (41, 39)),
    Series("2", (33, 31)),
    Series("3", (30, None)),
)


def test_it_writes_a_funnel_step_by_step():
    assert body(GAME, "funnel") == "Step,Count\nApp Open,32688\nGame Played,20524\n"


def test_it_names_a_funnels_columns_when_nobody_did():
    assert body(steps(("a",), Series("", (None,))), "funnel") == "Step,Count\na,0\n"


def test_it_tells_equal_steps_apart_and_marks_those_like_option_rows():
    funnel = steps(("Open", "Open", "Total"), Series("Count", (3, 2, 1)))
    assert body(funnel, "funnel") == "Step,Count\nOpen,3\nOpen (2),2\nTotal (value),1\n"


@pytest.mark.parametrize("report", [steps(()), steps(("a",)), steps((), Series("Count", ()))])
def test_it_says_what_to_do_when_a_funnel_holds_nothing(report):
    with pytest.raises(ReportError, match="nothing to draw"):
        body(report, "funnel")


def test_it_writes_a_table_of_dates():
    report = dated(Series("Signed up", (147, 146)), Series("Average", (1.25, None)))
    assert body(report, "table", colors=["#00bfff"], options={"cumulative": True}) == (
        "Date,Signed up,Average\n2026-11-01,147,1.25\n2026-11-02,146,\n"
    )


def test_it_writes_a_table_of_steps():
    assert body(GAME, "table") == "Step,Count,Conversion\nApp Open,32688,\nGame Played,20524,62.7876\n"


def test_it_writes_a_table_of_totals():
    report = totals({"US": 450, "FR": None}, labels_name="Country", values_name="Signed up")
    assert body(report, "table") == "Country,Signed up\nUS,450\nFR,0\n"


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


def test_it_writes_cohorts_with_empty_cells_for_what_is_yet_to_come():
    assert body(COHORTS, "cohort") == ("Date,Users,0,1,2,3\n20261101,120,64,41,33,30\n20261102,98,50,39,31,\n")


def test_it_gives_json_the_labels_as_they_came_and_null_for_what_is_yet_to_come():
    report = dated(Series("=a, b", (1.23456, None)), rows=(date(2026, 11, 1), date(2026, 12, 1)))
    assert table_as_json(lay_out(report, Drawing("cohort"))) == {
        "columns": ["Date", "=a, b"],
        "rows": [["2026-11-01", 1.23456], ["2026-12-01", None]],
    }


def test_it_says_what_to_do_when_there_are_no_cohorts():
    with pytest.raises(ReportError, match="nothing to draw"):
        body(dated(values_name="Signed up"), "cohort")

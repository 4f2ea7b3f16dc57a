"""Totals over a whole range, comparisons with the period before, and rows and columns without numbers."""

import pytest

from tests.reports.samples import csv, report_of, spec
from widgets.report import ReportError
from widgets.reports import ReadError

COMPARED = {"comparison": True}


def values(**labels):
    return {"data": {"series": [], "values": labels}}


def test_it_reads_uniques_over_a_range_from_one_bucket():
    asked = spec("segmentation", measure="unique", chart="pie", breakdown="plan", last=7)
    answer = values(Free={"2026-11-11": 3}, Team={"2026-11-11": 40})
    assert csv(asked, answer) == "Team,Free\n40,3\n"


def test_it_compares_uniques_of_two_buckets():
    for kind in ("segmentation", "events"):
        asked = spec(kind, measure="unique", chart="number", last=7, options=COMPARED)
        answer = {"data": {"values": {"Signed up": {"2026-11-11": 40, "2026-11-04": 35}}}}
        assert csv(asked, answer) == "Signed up\n40\n35\n"


def test_it_counts_a_missing_bucket_as_zero():
    asked = spec("segmentation", measure="unique", chart="number", last=7, options=COMPARED)
    assert csv(asked, {"data": {"values": {"Signed up": {"2026-11-04": 35}}}}) == "Signed up\n0\n35\n"
    assert csv(asked, values()) == "Signed up\n0\n0\n"


def test_it_refuses_several_buckets_if_the_query_asked_for_one():
    asked = spec("segmentation", measure="unique", chart="number", last=7)
    with pytest.raises(ReadError, match="several values"):
        report_of(asked, {"data": {"values": {"Signed up": {"2026-11-11": 1, "2026-11-12": 1}}}})


def test_it_adds_two_totals_of_one_week_up_and_refuses_two_numbers_of_unique_users():
    answer = {"data": {"values": {"Signed up": {"2026-11-02": 1, "2026-11-03": 1}}}}
    with pytest.raises(ReadError, match="more than one value for the week of 2026-11-02"):
        report_of(spec("segmentation", measure="unique", unit="week", last=2), answer)
    assert report_of(spec("segmentation", unit="week", last=2), answer).series[0].values == (2, 0)


def test_it_compares_each_curve_with_its_own_period_before():
    asked = spec("segmentation", breakdown="plan", last=2, options=COMPARED)
    answer = values(Free={"2026-11-14": 1, "2026-11-15": 2}, Team={"2026-11-15": 7, "2026-11-17": 8})
    assert csv(asked, answer) == "Date,Team,Free\n20261116,0,0\n20261117,8,0\nComparison,7,3\nYAxis,0,0\n"


def test_it_compares_a_sum_with_the_period_before():
    answer = {"results": {"2026-11-16": 5, "2026-11-17": 2.5, "2026-11-15": "4", "2026-11-14": None}}
    assert csv(spec("sum", chart="number", last=2, options=COMPARED), answer) == "Order completed\n7.5\n4\n"


def test_it_compares_the_numbers_of_several_events():
    asked = spec("events", events=("A", "B"), chart="number", last=1, options=COMPARED)
    assert csv(asked, values(A={"2026-11-17": 1, "2026-11-16": 2}, B={"2026-11-17": 3})) == "Total\n4\n2\n"


def test_it_compares_a_month_to_date_with_as_many_days():
    asked = spec("events", range="month_to_date", chart="number", options=COMPARED)
    before = {f"2026-10-{day:02d}": 1 for day in range(14, 32)}
    assert csv(asked, values(**{"Signed up": {"2026-11-18": 5} | before})) == "Signed up\n5\n18\n"


def test_it_refuses_to_add_up_averages_of_several_days():
    answer = {"results": {"2026-11-16": 5, "2026-11-17": 2.5}}
    with pytest.raises(ReportError, match="can't be added up over several dates"):
        csv(spec("average", chart="number", last=2), answer)


def test_future_intervals_of_a_cohort_without_users_are_empty_too():
    assert csv(spec("retention", intervals=3, last=2), {}) == "Date,Users,0,1,2\n20261116,0,0,0,0\n20261117,0,0,0,\n"
    assert csv(spec("retention", intervals=2, unit="month", last=1, include_today=True), {"data": {}}) == (
        "Date,Users,0,1\n20261101,0,0,\n"
    )


def test_a_frequency_without_events_has_all_columns():
    lines = csv(spec("frequency", last=1, unit="week"), {"data": {}}).splitlines()
    assert lines == ["Date,1,2,3,4,5,6,7", "20261109,0,0,0,0,0,0,0"]

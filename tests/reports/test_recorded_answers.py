"""Answers that Mixpanel gave or published, and made-up answers of the same form, turned into CSV.

Each file in tests/data/recorded says where its answer is from.
"""

from datetime import date

import pytest

from tests.reports.samples import csv, data, report_of, spec
from widgets.report import NOTE_WITHIN, ReportError, note_in
from widgets.reports import ReadError
from widgets.reports.notes import CUT

DATES = ["20230525", "20230526", "20230527", "20230528", "20230529", "20230530", "20230531"]


def recorded(name, chart="line", **fields):
    return csv(spec("saved_report", chart=chart, **fields), body(name))


def body(name):
    return data(f"recorded/{name}")["body"]


def answered(series, *headers, **more):
    return {"headers": list(headers), "series": series, **more}


def shown(answer, chart="line", **fields):
    return csv(spec("saved_report", chart=chart, **fields), answer)


def asked_for(report, first, last, **fields):
    return spec(report, range="fixed", from_date=date.fromisoformat(first), to_date=date.fromisoformat(last), **fields)


def test_it_shows_each_value_by_day_and_leaves_their_sum_out():
    lines = recorded("by_day_and_value").splitlines()
    assert lines[0] == "Date,Android,Linux,OSX,Windows,iOS"
    assert lines[1] == "20230525,43,15,16,13,36"
    assert [line[:8] for line in lines[1:8]] == DATES
    assert recorded("uniques_by_value").splitlines()[-2] == "20230531,684,225,337,340,559"


def test_it_shows_one_metric_under_its_name():
    assert recorded("by_day").splitlines()[:2] == ["Date,Sign Up Completed [Unique Users]", "20230502,338"]
    assert recorded("saved_metric", "table") == ("Date,Docs created\n2024-09-01,962\n2024-09-02,952\n2024-09-03,981\n")
    assert recorded("unsaved").splitlines()[:2] == ["Date,Product Added [Total Events]", "20230525,756"]


def test_headers_that_name_a_kind_of_metric_are_not_taken_for_breakdowns():
    for header in ("$event", "$metric", "$funnel", "$retention"):
        assert shown(answered({"Logged in": {"all": 5}}, header), "list") == "Name,Logged in\nLogged in,5\n"


def test_it_shows_several_metrics_in_the_reports_own_order():
    lines = recorded("many_metrics").splitlines()
    assert [name[: name.index(".")] for name in lines[0].split(",")[1:]] == ["A", "B", "C", "BA", "BB"]
    alphabet = answered({"Bought": {"all": 3}, "Opened": {"all": 9}, "Visited": {"all": 7}})
    keys = [{"metric_key": "Visited"}, {"metric_key": "Opened"}, {"metric_key": "Bought"}]
    alphabet["meta"] = {"report_sections": {"show": keys}}
    assert shown(alphabet, "pie") == "Visited,Opened,Bought\n7,9,3\n"


def test_without_an_order_in_meta_metrics_are_sorted_by_prefix_with_ba_after_z():
    series = {f"{letters}. x": {"all": i} for i, letters in enumerate(["A", "B", "BA", "BB", "C", "Z"])}
    assert shown(answered(series), "pie").splitlines()[0] == "A. x,B. x,C. x,Z. x,BA. x,BB. x"
    assert shown(answered({"b": {"all": 1}, "a": {"all": 2}}), "pie") == "b,a\n1,2\n"


@pytest.mark.parametrize(
    "meta", [5, [], {"report_sections": 5}, {"report_sections": {"show": [5, {}, {"metric_key": 5}]}}]
)
def test_it_keeps_the_order_of_the_answer_if_meta_has_none(meta):
    assert shown(answered({"b": {"all": 1}, "a": {"all": 2}}, meta=meta), "pie") == "b,a\n1,2\n"


def test_it_shows_a_funnels_and_retentions_trend_in_percent():
    lines = recorded("retention_trend").splitlines()
    assert lines[0] == "Date,AskJeeves,Bing"
    assert "20230525,53.16,46.76" in lines
    trend = answered({"First game": {"2026-11-01": 0.17, "2026-11-02": 0.1702, "2026-11-03": 1}}, "$funnel")
    trend["secondary"] = {"series": {"First game": {"2026-11-01": 17, "2026-11-02": 23, "2026-11-03": 4}}}
    assert shown(trend) == "Date,First game\n20261101,17\n20261102,17.02\n20261103,100\nYAxis,0\n"
    assert shown(answered({"First game": {"all": 0.5}}, "$funnel"), "number") == "First game\n50\n"


def test_numbers_that_are_no_ratios_stay_unchanged():
    assert shown(answered({"Rate": {"all": 0.17}}, "$event"), "number") == "Rate\n0.17\n"
    counts = {"2026-11-01": 1, "2026-11-02": 12}
    assert shown(answered({"First game": counts}, "$funnel")).splitlines()[1:3] == ["20261101,1", "20261102,12"]


COHORT = {"first": 10, "counts": [5, 2]}
BY_VALUE = {
    "$overall": {"2026-11-01": {"first": 10, "counts": [5, 2]}, "2026-11-02": {"first": 8, "counts": [4]}},
    "Team": {"2026-11-01": {"first": 4, "counts": [3, 2]}, "2026-11-02": {"first": 5, "counts": [1]}},
    "Free": {"2026-11-01": {"first": 6, "counts": [2, 0]}},
}
BY_DATE = {
    at: {value: dates[at] for value, dates in BY_VALUE.items() if at in dates} for at in ("2026-11-01", "2026-11-02")
}
AVERAGE = {"first": 9, "counts": [4]}
NESTINGS = [BY_VALUE, BY_DATE, BY_DATE | {"$average": dict.fromkeys(BY_VALUE, AVERAGE)}]


@pytest.mark.parametrize("nested", NESTINGS, ids=["by value", "by date", "with averages"])
def test_it_shows_saved_retention_with_a_breakdown(nested):
    answer = answered({"Signed up and then Logged in": nested}, "$retention", "plan")
    assert shown(answer, "cohort") == "Date,Users,0,1\n20261101,10,5,2\n20261102,8,4,\n"
    assert shown(answer, "table") == (
        "Date,Users,0,1,Team / Users,Team / 0,Team / 1,Free / Users,Free / 0,Free / 1\n"
        "2026-11-01,10,5,2,4,3,2,6,2,0\n"
        "2026-11-02,8,4,,5,1,,,,\n"
    )
    assert shown(answer, "table", options={"percent": True}).splitlines()[1] == "2026-11-01,10,50,20,4,75,50,6,33.33,0"


def test_it_shows_recorded_retention_by_date_and_value():
    assert recorded("retention_by_value", "cohort") == "Date,Users,0,1,2\n20240318,3123,1317,1296,1282\n"
    assert recorded("retention_by_value", "table") == (
        "Date,Users,0,1,2,SMB / Users,Mid Market / Users,Enterprise / Users\n"
        "2024-03-18,3123,1317,1296,1282,1543,1056,524\n"
    )


def test_a_cohort_chart_shows_one_group_and_refuses_several():
    only = {value: dates for value, dates in BY_VALUE.items() if value != "$overall"}
    with pytest.raises(ReportError, match="one group per value of its breakdown"):
        shown(answered({"m": only}), "cohort")
    assert shown(answered({"m": {"Team": BY_VALUE["Team"]}}), "cohort").splitlines()[1] == "20261101,4,3,2"


def test_it_shows_retention_by_two_properties():
    two = {"Team": {"$overall": {"2026-11-01": COHORT}, "Chrome": {"2026-11-01": COHORT}}}
    nested = {"$overall": {"$overall": {"2026-11-01": COHORT}}, **two}
    assert shown(answered({"m": nested}), "table").splitlines()[0] == (
        "Date,Users,0,1,Team / Chrome / Users,Team / Chrome / 0,Team / Chrome / 1"
    )


@pytest.mark.parametrize(
    "spoilt",
    [
        {"2026-11-01": COHORT, "2026-11-02": {"first": 3}},
        {"2026-11-01": COHORT, "2026-11-02": {"counts": [3]}},
        {"2026-11-01": COHORT, "2026-11-02": {"first": "many", "counts": [3]}},
        {"2026-11-01": COHORT, "2026-11-02": {"first": 3, "counts": ["x"]}},
        {"2026-11-01": COHORT, "soon": COHORT},
    ],
)
def test_it_refuses_spoilt_cohorts(spoilt):
    with pytest.raises(ReadError):
        shown(answered({"m": spoilt}), "cohort")


def test_it_shows_a_saved_funnel_with_a_breakdown():
    assert recorded("funnel_by_value", "table") == (
        "Step,Google,None\n1. Product Viewed,3000,2174\n2. Product Viewed,1900,1543\n"
    )
    for chart in ("funnel", "list"):
        assert recorded("funnel_by_value", chart) == ("Step,Count\n1. Product Viewed,5174\n2. Product Viewed,3443\n")
    without = body("funnel_by_value")
    del without["series"]["Product Viewed"]["$overall"]
    with pytest.raises(ReportError, match="one column per value of its breakdown"):
        shown(without, "funnel")


def test_it_gives_the_period_before_where_mixpanel_compares():
    report = report_of(spec("saved_report", chart="pie"), body("compared"))
    assert [(series.label, series.values, series.previous) for series in report.series] == [
        ("adidas / hats", (221,), 158),
        ("adidas / jacket", (215,), 153),
        ("nike / hats", (226,), 184),
        ("nike / jacket", (201,), 141),
    ]


def test_it_compares_with_the_period_before():
    compared = {"options": {"comparison": True}}
    before = {"date_range": {"from_date": "2026-10-01", "to_date": "2026-10-31"}, "series": {"A": {"all": 40}}}
    assert shown(answered({"A": {"all": 50}}, time_comparison=before), "number", **compared) == "A\n50\n40\n"
    before["series"] = {"A": {"2026-10-30": 3, "2026-10-31": 4}}
    by_day = answered({"A": {"2026-11-01": 5, "2026-11-02": 6}}, time_comparison=before)
    assert shown(by_day, **compared) == "Date,A\n20261101,5\n20261102,6\nComparison,7\nYAxis,0\n"
    assert "Comparison" not in shown(by_day)
    ratios = answered({"A": {"all": 0.5}}, "$funnel", time_comparison={"series": {"A": {"all": 0.4}}})
    assert shown(ratios, "number", **compared) == "A\n50\n40\n"


def test_it_says_what_is_missing_for_a_comparison():
    with pytest.raises(ReportError, match="no number for the period before"):
        shown(answered({"A": {"all": 50}}), "number", options={"comparison": True})


@pytest.mark.parametrize("odd", [{}, {"series": None}, {"series": []}, [], "none", 5])
def test_an_invalid_comparison_is_treated_like_a_missing_one(odd):
    answer = answered({"A": {"all": 50}}, time_comparison=odd)
    assert shown(answer, "number") == "A\n50\n"
    with pytest.raises(ReportError, match="no number for the period before"):
        shown(answer, "number", options={"comparison": True})


def test_nothing_in_the_period_before_is_zero_except_for_ratios_by_date():
    compared = {"options": {"comparison": True}}
    nothing = {"time_comparison": {"date_range": {"from_date": "2026-10-01", "to_date": "2026-10-31"}, "series": {}}}
    assert shown(answered({"A": {"all": 50}}, **nothing), "number", **compared) == "A\n50\n0\n"
    assert shown(answered({"A": {"all": 0.5}}, "$funnel", **nothing), "number", **compared) == "A\n50\n0\n"
    nothing["time_comparison"]["series"] = {"A": {"x": {"2026-10-01": 3}}}
    new = answered({"A": {"x": {"2026-11-01": 4, "2026-11-02": 4}, "y": {"2026-11-01": 5, "2026-11-02": 5}}}, **nothing)
    assert shown(new, **compared).splitlines()[3] == "Comparison,3,0"
    ratios = answered({"A": {"2026-11-01": 0.4, "2026-11-02": 0.5}}, "$funnel", **nothing)
    with pytest.raises(ReportError, match="no number for the period before"):
        shown(ratios, **compared)


def test_it_refuses_a_comparison_with_other_dates_than_it_says():
    before = {"date_range": {"from_date": "2026-10-01", "to_date": "2026-10-31"}, "series": {"A": {"2026-11-16": 3}}}
    with pytest.raises(ReadError, match="other dates"):
        shown(answered({"A": {"2026-11-16": 5, "2026-11-17": 6}}, time_comparison=before))


def test_a_note_says_that_mixpanel_left_values_out():
    report = report_of(spec("saved_report"), body("limit_hit"))
    assert report.note == CUT
    assert report.series[0].label.startswith("$remaining_values / c068cc1c")
    remaining = {"A": {"US": {"all": 3}, "$remaining_values": {"all": 9}}}
    assert report_of(spec("saved_report"), answered(remaining)).note == CUT
    for name in ("by_day", "many_metrics", "unsaved", "compared"):
        assert report_of(spec("saved_report"), body(name)).note == ""


@pytest.mark.parametrize("key", ["min_sampling_factor", "sampling_factor"])
def test_it_notes_a_sample(key):
    sampled = answered({"A": {"all": 50}}, meta={key: 0.1, "is_segmentation_limit_hit": True})
    note = report_of(spec("saved_report"), sampled).note
    assert note.startswith(CUT) and "from a sample of about 10 percent of the data" in note
    funnel = {"meta": {key: 0.05}, "data": {"2026-11-17": {"steps": [{"count": 1, "event": "a"}]}}}
    assert "about 5 percent" in report_of(spec("funnel"), funnel).note


def test_it_notes_that_only_the_first_of_several_funnels_is_shown():
    table = {"count": {"1. A": {"all": 5}}, "step_conv_ratio": {"1. A": {"all": 1}}}
    report = report_of(spec("saved_report", chart="funnel"), answered({"F": table, "G": table}))
    assert report.note == "This saved report has several funnels or retention tables. Only the first one is shown."


def test_an_answer_without_numbers_becomes_a_report_without_series():
    assert report_of(spec("saved_report"), body("nothing")).series == ()


def test_it_reads_a_funnels_custom_event_by_its_name():
    asked = asked_for("funnel", "2023-04-29", "2023-05-02", chart="table")
    assert csv(asked, body("funnel")).splitlines()[0] == "Step,Count,Conversion,From start"
    assert [line.split(",")[0] for line in csv(asked, body("funnel")).splitlines()[1:]] == ["Purchase", "111"]


def test_it_reads_frequency_with_the_dates_at_the_top_level():
    asked = asked_for("frequency", "2012-01-01", "2012-01-03")
    assert csv(asked, body("frequency_at_top")).splitlines()[3].startswith("20120103,671,324,176,122,")


def test_all_notes_together_are_at_the_beginning_of_the_stored_json():
    table = {"count": {"1. A": {"all": 5}}, "step_conv_ratio": {"1. A": {"all": 1}}}
    meta = {"min_sampling_factor": 1.23456e-7, "is_segmentation_limit_hit": True}
    report = report_of(spec("saved_report", chart="funnel"), answered({"F": table, "G": table}, meta=meta))
    assert note_in(report.to_json()[:NOTE_WITHIN]) == report.note
    assert len(report.note) > 300

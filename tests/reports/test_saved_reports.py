"""Saved reports: each kind of rows that Mixpanel's `/insights` gives (such as dates or steps), and its charts."""

from datetime import date

import pytest

from tests.reports.samples import csv, data, report_of, spec
from widgets.report import ReportError
from widgets.reports import ReadError
from widgets.spec import CHARTS, ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS


def saved(name, chart="line", **fields):
    return csv(spec("saved_report", chart=chart, **fields), data(f"saved_reports/{name}"))


def answered(series, headers=("$event",)):
    return {"headers": list(headers), "series": series}


def shown(series, chart="line", headers=("$event",), **fields):
    return csv(spec("saved_report", chart=chart, **fields), answered(series, headers))


def test_it_names_the_lines_of_one_metric_by_their_breakdown_values_only():
    assert saved("one_breakdown") == (
        "Date,Team,Free\n20261101,20,10\n20261102,30,11\n20261103,0,7\n20261104,12,0\nYAxis,0,0\n"
    )


def test_it_joins_the_values_of_nested_breakdowns():
    assert saved("two_breakdowns", "table") == (
        "Date,Team / Chrome,Team / Safari,Free / Chrome\n"
        "2026-11-01,15,5,10\n"
        "2026-11-02,30,0,11\n"
        "2026-11-03,0,0,7\n"
        "2026-11-04,12,0,0\n"
    )


def test_it_names_the_metric_too_where_there_are_several():
    assert saved("two_metrics_one_breakdown").splitlines()[:3] == [
        "Date,Order completed / Team,Order completed / Free,Plan upgraded / Free",
        "20261101,20,10,3",
        "20261102,30,11,4",
    ]


def test_it_shows_the_overall_if_there_is_no_other_value():
    assert saved("only_overall") == (
        "Date,Order completed\n20261101,30\n20261102,41\n20261103,7\n20261104,12\nYAxis,0\n"
    )
    mixed = {
        "A": {"$overall": {"2026-11-01": 1, "2026-11-02": 2}},
        "B": {"$overall": {"2026-11-01": 9, "2026-11-02": 9}, "x": {"2026-11-01": 3, "2026-11-02": 4}},
    }
    assert shown(mixed) == "Date,A,B / x\n20261101,1,3\n20261102,2,4\nYAxis,0,0\n"


def test_it_keeps_a_metric_that_has_the_name_of_the_overall():
    assert shown({"$overall": {"all": 3}}, "table") == "Name,$overall\n$overall,3\n"


def test_it_shows_totals_without_dates():
    assert saved("undated", "table") == "Name,Total\nOrder completed,90\nPlan upgraded,7\n"
    assert saved("undated", "pie") == "Order completed,Plan upgraded\n90,7\n"
    assert shown({"Order completed": {"all": 90}}, "number") == "Order completed\n90\n"


def test_it_names_the_columns_by_the_breakdown_and_the_metric():
    assert saved("undated_breakdown", "list") == "mp_country_code,Signed up\nUS,450\nFR,120\n"
    assert saved("undated_breakdown", "map", options={"country_names": True}) == (
        "mp_country_code,Signed up\nUnited States,450\nFrance,120\n"
    )


def test_it_shows_a_saved_funnel():
    for chart in ("funnel", "list", "table"):
        assert saved("funnel", chart) == "Step,Count\n1. App Open,32688\n2. Game Played,20524\n"


def test_it_shows_the_tenth_step_of_a_saved_funnel_after_the_ninth():
    steps = {f"{i}. Step {i}": {"all": 100 - i} for i in range(1, 13)}
    by_alphabet = {"count": {step: steps[step] for step in sorted(steps)}, "step_conv_ratio": {}}
    rows = "".join(f"{i}. Step {i},{100 - i}\n" for i in range(1, 13))
    assert shown({"f": by_alphabet}, "funnel", headers=("$funnel",)) == f"Step,Count\n{rows}"
    by_value = {"$overall": by_alphabet, "Team": {"count": steps, "step_conv_ratio": {}}}
    assert shown({"f": by_value}, "table", headers=("$funnel", "plan")).splitlines()[10] == "10. Step 10,90"


def test_a_funnel_by_date_is_refused_and_not_shown_as_zeros():
    funnel = {"f": {"count": {"1. A": {"2026-11-01": 5}}, "step_conv_ratio": {"1. A": {"2026-11-01": 1}}}}
    with pytest.raises(ReadError, match="a step of the funnel has no total"):
        shown(funnel, "funnel")


def test_saved_retention_has_empty_cells_for_the_future():
    assert saved("retention", "cohort") == (
        "Date,Users,0,1,2,3\n20261101,120,64,41,33,30\n20261102,98,50,39,31,\n20261103,80,40,20,,\n"
    )
    assert saved("retention", "table", options={"percent": True}).splitlines()[2] == ("2026-11-02,98,51.02,39.8,31.63,")


def test_future_intervals_are_empty_though_the_answer_says_zero():
    cohorts = {day: {"first": 4, "counts": [3, 2, 0, 0]} for day in ("2026-11-16", "2026-11-17")}
    assert shown({"m": cohorts}, "cohort") == "Date,Users,0,1,2,3\n20261116,4,3,2,0,\n20261117,4,3,2,,\n"


def test_it_tells_weekly_and_monthly_cohorts_by_the_gaps_between_them():
    weekly = {day: {"first": 4, "counts": [3, 2]} for day in ("2026-11-02", "2026-11-16")}
    assert shown({"m": weekly}, "cohort").splitlines()[2] == "20261116,4,3,"
    monthly = {day: {"first": 4, "counts": [3, 2]} for day in ("2026-10-01", "2026-11-01")}
    assert shown({"m": monthly}, "cohort").splitlines()[1:] == ["20261001,4,3,2", "20261101,4,3,"]


def test_it_reads_a_cohort_of_the_last_date_that_python_knows():
    last = {"m": {"9999-12-31": {"first": 1, "counts": [1, 1]}, "2001-01-01": {"first": 2, "counts": [2, 2]}}}
    assert shown(last, "table") == "Date,Users,0,1\n2001-01-01,2,2,2\n9999-12-31,1,,\n"


def test_it_shows_hours_only_in_a_table():
    assert saved("hourly", "table") == ("Time,App Open\n2026-11-01 08:00,5\n2026-11-01 09:00,7\n2026-11-02 08:00,6\n")
    for chart in set(CHARTS) - {"table"}:
        with pytest.raises(ReportError, match=r"The chart .* can't show .* Choose the chart table"):
            saved("hourly", chart, target=1)


def test_it_shows_an_hour_that_occurs_twice_in_autumn_in_the_order_of_time():
    hours = {"2026-10-25T02:00:00+01:00": 2, "2026-10-25T03:00:00+01:00": 3, "2026-10-25T02:00:00+02:00": 1}
    assert shown({"A": hours}, "table") == "Time,A\n2026-10-25 02:00,1\n2026-10-25 02:00 (2),2\n2026-10-25 03:00,3\n"
    assert shown({"A": {"2026-10-25T05:00": 1, "2026-10-25 ::": 2}}, "table").splitlines()[1:] == [
        "2026-10-25 ::,2",
        "2026-10-25 05:00,1",
    ]


def test_it_keeps_an_undated_breakdown_by_a_property_called_time():
    assert shown({"m": {"08:00": {"all": 3}}}, "list", headers=("$event", "Time")) == "Time,m\n08:00,3\n"


def test_it_fills_days_without_events_up_to_the_ends_of_the_reports_range():
    answer = answered({"A": {"2026-11-02": 1, "2026-11-03": 2, "2026-11-06": 3}})
    answer["date_range"] = {"from_date": "2026-11-01T00:00:00-08:00", "to_date": "2026-11-07T23:59:59.999000-08:00"}
    report = report_of(spec("saved_report"), answer)
    assert report.rows == tuple(date(2026, 11, day) for day in range(1, 8))
    assert report.series[0].values == (0, 1, 2, 0, 0, 3, 0)


def test_it_fills_weeks_without_events():
    report = report_of(spec("saved_report"), answered({"A": {"2026-11-02": 1, "2026-11-09": 2, "2026-11-23": 3}}))
    assert report.series[0].values == (1, 2, 0, 3)


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("one_breakdown", {*TIME_SERIES_CHARTS, "table", "cohort"}),
        ("undated_breakdown", {*ONE_TOTAL_CHARTS, "table"}),
        ("funnel", {"funnel", "list", "table"}),
        ("retention", {*TIME_SERIES_CHARTS, "table", "cohort"}),
        ("hourly", {"table"}),
    ],
)
def test_it_draws_charts_that_fit_and_names_such_a_chart_in_the_message_of_others(name, fitting):
    for chart in CHARTS:
        try:
            saved(name, chart, target=1)
        except ReportError as error:
            assert chart not in fitting or "can't become one number" in str(error)
            assert "Choose" in str(error) and any(each in str(error) for each in fitting)
        else:
            assert chart in fitting


@pytest.mark.parametrize("series", [{}, {"Signed up": {}}])
def test_charts_refuse_an_empty_report_but_a_list_is_empty_and_a_number_is_0(series):
    for chart in ("line", "pie", "funnel", "cohort", "map"):
        with pytest.raises(ReportError, match="nothing to draw"):
            shown(series, chart)
    assert shown(series, "list").splitlines()[1:] == []
    assert shown(series, "number").splitlines()[1:] == ["0"]


def test_it_keeps_both_labels_if_they_become_equal():
    assert shown({"m": {"a\x00": {"all": 1}, "a\ud800": {"all": 2}}}, "pie") == "a\ufffd,a\ufffd (2)\n1,2\n"


@pytest.mark.parametrize("headers", [5, True, "$event", {"$event": 1}])
def test_it_refuses_headers_that_are_not_a_list(headers):
    with pytest.raises(ReadError, match="headers is missing"):
        csv(spec("saved_report", chart="pie"), {"headers": headers, "series": {"m": {"all": 1}}})


@pytest.mark.parametrize("headers", [None, [], {}, [None, 5]])
def test_headers_can_be_missing_or_useless(headers):
    assert csv(spec("saved_report", chart="pie"), {"headers": headers, "series": {"m": {"all": 1}}}) == "m\n1\n"

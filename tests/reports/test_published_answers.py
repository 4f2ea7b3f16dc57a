"""The example answers in Mixpanel's documentation, turned into CSV."""

from datetime import date

import pytest

from tests.reports.samples import csv, data, spec
from widgets.report import ReportError
from widgets.spec import ONE_TOTAL_CHARTS


def published(report, first=None, last=None, today=None, **fields):
    """The CSV of the published example, for a widget with these fields. `first` and `last`: the widget's dates."""
    if first:
        fields |= {"range": "fixed", "from_date": date.fromisoformat(first), "to_date": date.fromisoformat(last)}
    return csv(spec(report, **fields), data(f"published/{report}"), date.fromisoformat(today or "2026-11-18"))


EVENTS = ("events", "2010-05-29", "2010-05-31")
LISTED = {"events": ("splash features", "account-page", "never happened")}


def test_it_draws_one_line_per_event_in_the_widgets_order():
    assert published(*EVENTS, **LISTED) == (
        "Date,splash features,account-page,never happened\n"
        "20100529,6,0,0\n"
        "20100530,4,1,0\n"
        "20100531,5,0,0\n"
        "YAxis,0,0,0\n"
    )


def test_it_sums_events_over_the_range():
    assert published(*EVENTS, **LISTED, chart="pie") == "splash features,account-page,never happened\n15,1,0\n"
    assert published(*EVENTS, **LISTED, chart="list") == (
        "Event,Total\nsplash features,15\naccount-page,1\nnever happened,0\n"
    )
    assert published(*EVENTS, **LISTED, chart="number") == "Total\n16\n"
    assert published(*EVENTS, **LISTED, chart="gauge", target=20) == "Total,Target\n16,20\n"


def test_it_writes_events_by_date_into_a_table():
    assert published(*EVENTS, **LISTED, chart="table") == (
        "Date,splash features,account-page,never happened\n2010-05-29,6,0,0\n2010-05-30,4,1,0\n2010-05-31,5,0,0\n"
    )


def test_it_sums_events_by_week_and_compares_with_the_week_before():
    fields = {"events": ("splash features",), "unit": "week", "options": {"comparison": True}}
    assert published("events", "2010-05-31", "2010-06-06", **fields) == (
        "Date,splash features\n20100531,5\nComparison,10\nYAxis,0\n"
    )


SEGMENTATION = ("segmentation", "2011-08-06", "2011-08-09")


def test_it_sorts_the_dates_of_one_event():
    assert published(*SEGMENTATION) == (
        "Date,Signed up\n20110806,147\n20110807,146\n20110808,776\n20110809,1376\nYAxis,0\n"
    )


def test_it_fills_the_dates_that_the_answer_leaves_out():
    assert published("segmentation", "2011-08-05", "2011-08-10") == (
        "Date,Signed up\n20110805,0\n20110806,147\n20110807,146\n20110808,776\n20110809,1376\n20110810,0\nYAxis,0\n"
    )


def test_it_sums_one_event_and_compares_the_sum_with_the_period_before():
    assert published(*SEGMENTATION, chart="number") == "Signed up\n2445\n"
    compared = {"chart": "number", "options": {"comparison": True}}
    assert published("segmentation", "2011-08-08", "2011-08-09", **compared) == "Signed up\n2152\n293\n"


def test_it_adds_a_property_up():
    dates = ("2019-10-06", "2019-10-07")
    assert published("sum", *dates) == "Date,Order completed\n20191006,7\n20191007,4\nYAxis,0\n"
    assert published("sum", *dates, chart="number") == "Order completed\n11\n"
    assert published("sum", *dates, chart="gauge", target=20.5) == "Order completed,Target\n11,20.5\n"
    assert published("sum", *dates, chart="table") == "Date,Order completed\n2019-10-06,7\n2019-10-07,4\n"
    assert published("sum", "2019-09-30", "2019-10-13", unit="week") == (
        "Date,Order completed\n20190930,7\n20191007,4\nYAxis,0\n"
    )


def test_it_averages_a_property_by_day():
    dates = ("2011-08-05", "2011-08-09")
    assert published("average", *dates) == (
        "Date,Order completed\n20110805,0\n"
        "20110806,8.6471\n20110807,4.6406\n20110808,3.6231\n20110809,7.3354\nYAxis,0\n"
    )
    assert published("average", *dates, chart="table") == (
        "Date,Order completed\n2011-08-05,\n"
        "2011-08-06,8.6471\n2011-08-07,4.6406\n2011-08-08,3.6231\n2011-08-09,7.3354\n"
    )
    assert published("average", "2011-08-07", "2011-08-07", chart="number") == "Order completed\n4.6406\n"


FUNNEL = ("funnel", "2016-09-12", "2016-10-02")


def test_it_sums_the_steps_of_a_funnel_over_the_dates():
    assert published(*FUNNEL) == "Step,Count\nApp Open,81277\nGame Played,54012\n"
    assert published(*FUNNEL, chart="list") == "Step,Count\nApp Open,81277\nGame Played,54012\n"


def test_it_computes_a_funnels_conversion_from_the_sums():
    assert published(*FUNNEL, chart="table") == (
        "Step,Count,Conversion,From start\nApp Open,81277,100,100\nGame Played,54012,66.45,66.45\n"
    )
    assert published(*FUNNEL, chart="number") == "Conversion\n66.45\n"
    assert published(*FUNNEL, chart="gauge", target=70) == "Conversion,Target\n66.45,70\n"


def test_it_draws_a_funnels_conversion_by_date():
    assert published(*FUNNEL, chart="line", unit="week") == (
        "Date,Conversion\n20160912,62.79\n20160919,64.06\n20160926,78.74\nYAxis,0\n"
    )


RETENTION = ("retention", "2012-01-01", "2012-01-03", "2012-01-04")


def test_cohorts_have_empty_cells_for_the_future():
    assert published(*RETENTION, intervals=3) == (
        "Date,Users,0,1,2\n20120101,2,2,1,2\n20120102,10,9,7,6\n20120103,10,9,6,\n"
    )
    assert published(*RETENTION, intervals=3, chart="table") == (
        "Date,Users,0,1,2\n2012-01-01,2,2,1,2\n2012-01-02,10,9,7,6\n2012-01-03,10,9,6,\n"
    )


def test_cohorts_can_be_in_percent_of_their_size():
    assert published(*RETENTION, intervals=3, options={"percent": True}) == (
        "Date,Users,0,1,2\n20120101,2,100,50,100\n20120102,10,90,70,60\n20120103,10,90,60,\n"
    )


FREQUENCY = ("frequency", "2012-01-01", "2012-01-02")
HOURS = ",".join(map(str, range(1, 25)))


def test_frequency_has_one_column_per_hour():
    assert published(*FREQUENCY) == (
        f"Date,{HOURS}\n"
        "20120101,305,107,60,41,32,20,12,7,4,3,3,3,2,2,2,1,1,1,1,1,1,1,1,1\n"
        "20120102,495,204,117,77,53,36,26,20,12,7,4,3,3,1,1,1,1,0,0,0,0,0,0,0\n"
    )


def test_frequency_can_be_in_percent_of_its_first_column():
    lines = published(*FREQUENCY, options={"percent": True}, chart="table").splitlines()
    assert lines[1].startswith("2012-01-01,100,35.08,19.67,13.44,")
    assert lines[2].startswith("2012-01-02,100,41.21,23.64,15.56,")


def test_it_lists_top_events_largest_first():
    assert published("top_events") == "Event,Total\npages,75\nfunnel,2\nprojects,2\n"
    assert published("top_events", chart="table") == "Event,Total\npages,75\nfunnel,2\nprojects,2\n"
    assert published("top_events", chart="pie") == "pages,funnel,projects\n75,2,2\n"
    assert published("top_events", chart="donut", top=1, other=True) == "pages,Other\n75,4\n"


def test_it_shows_a_saved_reports_weeks():
    assert published("saved_report") == (
        "Date,Logged in,Viewed page\n20200831,9852,10246\n20200907,4325,11432\nYAxis,0,0\n"
    )
    assert published("saved_report", chart="table") == (
        "Date,Logged in,Viewed page\n2020-08-31,9852,10246\n2020-09-07,4325,11432\n"
    )


def test_it_does_not_add_up_a_saved_reports_values_by_date():
    for chart in ONE_TOTAL_CHARTS:
        with pytest.raises(ReportError, match="numbers by date, and the chart"):
            published("saved_report", chart=chart)

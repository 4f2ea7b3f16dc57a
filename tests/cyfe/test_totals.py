"""The CSV of pies, donuts, lists, numbers and gauges: one total per label."""

import pytest

from tests.cyfe.reports import body, totals
from widgets.report import Report, ReportError, Series

FRUIT = totals({"Apples": 100, "Oranges": 200, "Pears": 300}, labels_name="Fruit", values_name="Eaten")
COUNTRIES = totals({"US": 450, "FR": 120}, labels_name="Country", values_name="Signed up")
SIGNUPS = Report("total", ("",), (Series("Signed up", (1523,), previous=1400),))
NOTHING = totals({}, labels_name="Country", values_name="Signed up")


def test_it_writes_zero_for_a_slice_without_a_value():
    assert body(totals({"a": None, "b": 1.5}), "pie") == "a,b\n0,1.5\n"


def test_it_writes_a_list_with_one_colour():
    assert body(COUNTRIES, "list") == "Country,Signed up\nUS,450\nFR,120\n"
    assert body(COUNTRIES, "list", colors=["#00bfff", "#000000"]) == (
        "Country,Signed up\nUS,450\nFR,120\nColor,#00bfff\n"
    )


@pytest.mark.parametrize("chart", ["list", "table"])
def test_it_writes_headings_alone_when_nothing_happened(chart):
    assert body(NOTHING, chart, colors=["#00bfff"]) == "Country,Signed up\n"
    assert body(totals({}), chart) == "Label,Value\n"


def test_it_marks_labels_that_equal_date_or_an_option_row():
    sent = totals({"Total": 4, "color": 3, "DATE": 2, "Total (value)": 1}, labels_name="Type")
    for chart in ("list", "table"):
        assert body(sent, chart) == (
            "Type (value),Value\nTotal (value),4\ncolor (value),3\nDATE (value),2\nTotal (value) (2),1\n"
        )


def test_it_keeps_a_heading_that_is_called_date():
    assert body(totals({"x": 1}, labels_name="Date"), "list") == "Date,Value\nx,1\n"


def test_it_writes_the_period_before_under_a_number():
    compared = {"comparison": True}
    assert body(SIGNUPS, "number", options=compared) == "Signed up\n1523\n1400\n"
    assert body(totals({"Signed up": 3}), "number", options=compared) == "Signed up\n3\n0\n"


def test_a_number_without_a_label_gets_the_name_of_its_values():
    assert body(totals({"": 3}, values_name="Paid"), "number") == "Paid\n3\n"


def test_it_adds_several_numbers_up():
    several = Report("total", ("",), (Series("a", (1,), previous=10), Series("b", (2.5,)), Series("c", (None,))), True)
    assert body(several, "number", options={"comparison": True}) == "Total\n3.5\n10\n"
    assert body(several, "gauge", target=5) == "Total,Target\n3.5,5\n"


@pytest.mark.parametrize("chart", ["number", "gauge"])
def test_it_refuses_to_add_up_values_that_do_not_add_up(chart):
    with pytest.raises(ReportError, match="2 values can't become one number"):
        body(COUNTRIES, chart, target=1)


def test_it_writes_a_gauge_with_its_target():
    assert body(SIGNUPS, "gauge", target=2000) == "Signed up,Target\n1523,2000\n"
    assert body(SIGNUPS, "gauge", target=0) == "Signed up,Target\n1523,0\n"


def test_it_asks_for_a_gauges_target():
    with pytest.raises(ReportError, match="Set the widget's target"):
        body(SIGNUPS, "gauge")


def test_it_shows_zero_when_nothing_happened():
    assert body(NOTHING, "number") == "Signed up\n0\n"
    assert body(totals({}), "number") == "Value\n0\n"
    assert body(NOTHING, "gauge", target=5) == "Signed up,Target\n0,5\n"


@pytest.mark.parametrize("chart", ["pie", "donut", "map"])
def test_it_says_what_to_do_when_there_is_nothing_to_draw(chart):
    with pytest.raises(ReportError, match=r"nothing to draw for these dates\. Choose"):
        body(NOTHING, chart)


def test_an_unknown_chart_gets_a_list_of_all_charts():
    with pytest.raises(ReportError, match=r"no chart type “radar”\. Choose one of: line, spline"):
        body(FRUIT, "radar")

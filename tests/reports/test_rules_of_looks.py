"""The rules for a widget's labels, colors and chart options."""

import pytest

from tests.reports.samples import spec
from tests.reports.test_rules import INFINITY, NAN, problems, refused
from widgets.reports import REPORT_TYPES
from widgets.spec import CHARTS, OPTIONS, TIME_SERIES_CHARTS

COMPARED = {"comparison": True}


def test_it_keeps_at_least_one_label():
    refused("top", "1 or more", spec("segmentation", breakdown="plan", top=0))
    refused("top", "how many of the largest labels to keep", spec("segmentation", breakdown="plan", other=True))
    assert problems(spec("segmentation", breakdown="plan", top=1, other=True)) == []


@pytest.mark.parametrize(
    "asked",
    [
        spec("segmentation", breakdown="plan", measure="unique", top=3, other=True),
        spec("events", measure="average", top=3, other=True),
        spec("average", top=3, other=True),
        spec("saved_report", top=3, other=True),
        spec("funnel", breakdown="plan", chart="table", top=3, other=True),
        spec("top_events", measure="unique", top=3, other=True),
    ],
)
def test_it_sums_no_rest_that_does_not_add_up(asked):
    refused("other", "can't be added up. Choose totals or sums", asked)


def test_it_gives_two_labels_one_name_only_where_they_add_up():
    alike = {"rename": {"UK": "Britain", "GB": "Britain"}}
    refused("rename", "Two labels get the same name", spec("segmentation", breakdown="c", measure="unique", **alike))
    assert problems(spec("segmentation", breakdown="c", **alike)) == []
    assert problems(spec("segmentation", breakdown="c", measure="unique", rename={"UK": "a", "GB": "b"})) == []


@pytest.mark.parametrize("names", [{"": "x"}, {"x": " "}])
def test_a_renaming_needs_an_old_and_a_new_label(names):
    refused("rename", "Enter both", spec("segmentation", rename=names))


@pytest.mark.parametrize("color", ["red", "#12345", "#1234567", "0072b2", "#00g2b2", "", 5, None])
def test_it_takes_colours_as_six_hex_digits(color):
    refused("colors", "is not a colour. Enter # and six hex digits", spec("events", colors=[color]))
    refused("colors", "is not a colour", spec("events", colors={"Signed up": color}))
    assert problems(spec("events", colors=["#0072b2", "#ABCDEF"])) == []
    assert problems(spec("events", colors={"Signed up": "#0072b2"})) == []


def test_a_gauge_needs_a_finite_target():
    refused("target", "A gauge needs a target", spec("events", chart="gauge"))
    assert problems(spec("events", chart="gauge", target=0)) == []
    for target in (NAN, INFINITY, -INFINITY, 1e301, 10**400, True, "5"):
        refused("target", "must be a finite number", spec("events", chart="gauge", target=target))


def test_an_unknown_option_gets_a_list_of_all_options():
    refused(
        "options",
        "colour: there is no such option. Choose among: types, cumulative",
        spec("events", options={"colour": 1}),
    )


@pytest.mark.parametrize("option", [name for name, kind in OPTIONS.items() if kind is bool])
def test_options_that_are_on_or_off_take_only_true_or_false(option):
    for value in (1, "yes", None):
        refused("options", f"{option}: choose true or false", spec("events", options={option: value}))
    for value in (True, False):
        assert problems(spec("events", options={option: value})) == []


def test_an_axis_needs_finite_limits_in_order():
    for value in (NAN, INFINITY, True, "5", [1]):
        refused("options", "axis_min: enter a number", spec("events", options={"axis_min": value}))
        refused("options", "axis_max: enter a number", spec("events", options={"axis_max": value}))
    for low, high in ((5, 5), (5, 4.5)):
        refused(
            "options", "axis_max: enter a number above", spec("events", options={"axis_min": low, "axis_max": high})
        )
    assert problems(spec("events", options={"axis_min": -1, "axis_max": 0.5})) == []
    assert problems(spec("events", options={"axis_min": None, "axis_max": 5})) == []


@pytest.mark.parametrize("types", [["line", "pie"], {"Signed up": "donut"}, "line", 5, None, [5], [["line"]], [None]])
def test_only_charts_with_dates_can_be_mixed(types):
    refused("options", "types: enter only these chart types: line, spline", spec("events", options={"types": types}))


def test_it_mixes_chart_types_by_position_and_by_label():
    assert problems(spec("events", options={"types": [*TIME_SERIES_CHARTS]})) == []
    assert problems(spec("events", options={"types": {"Signed up": "column"}})) == []


@pytest.mark.parametrize("report", ["average", "funnel", "retention", "frequency", "top_events"])
def test_a_comparison_needs_a_report_with_a_period_before(report):
    refused("options", "comparison: The report “", spec(report, options=COMPARED))
    assert not REPORT_TYPES[report].compares


@pytest.mark.parametrize("report", ["events", "segmentation", "sum"])
def test_a_comparison_needs_a_chart_that_can_show_it(report):
    for chart in REPORT_TYPES[report].charts:
        asked = spec(report, chart=chart, target=1, breakdown="c" if chart == "map" else "", options=COMPARED)
        if chart == "number" or chart in TIME_SERIES_CHARTS:
            assert problems(asked) == []
        else:
            refused("options", f"comparison: The chart “{CHARTS[chart].lower()}” can't show the period before", asked)


def test_uniques_can_be_compared_only_as_a_number():
    refused("options", "comparison: These values can't be added up", spec("events", measure="unique", options=COMPARED))
    assert problems(spec("events", measure="unique", chart="number", options=COMPARED)) == []


def test_it_totals_only_what_adds_up():
    total = {"total": True}
    refused("options", "total: these values can't be added up", spec("segmentation", measure="unique", options=total))
    refused("options", "total: these values can't be added up", spec("saved_report", options=total))
    refused("options", "total: these values can't be added up", spec("average", options=total))
    assert problems(spec("sum", options=total)) == []
    assert problems(spec("segmentation", measure="unique", chart="pie", options=total)) == []


def test_it_names_several_mistakes_at_once():
    asked = spec("segmentation", events=(), limit=0, top=0, colors=["red"], options={"reverse": 1})
    assert {field for field, _ in problems(asked)} == {"events", "limit", "top", "colors", "options"}

"""The rules for a widget's settings. Every refusal names the field, and says what to do instead."""

from datetime import date

import pytest

from tests.reports.samples import NEEDED, SPECS, TODAY, engine_of, spec
from widgets.reports import REPORT_TYPES
from widgets.reports.rules import check
from widgets.spec import Filter, WidgetSpec

NAN, INFINITY = float("nan"), float("inf")


def problems(asked):
    return [(problem.field, problem.message) for problem in check(asked, TODAY, engine_of(asked))]


def refused(field, words, asked):
    found = problems(asked)
    assert [name for name, _ in found] == [field], found
    assert words in found[0][1]


def test_it_accepts_every_sample():
    assert [name for name, asked in SPECS.items() if problems(asked)] == []


def test_it_refuses_an_unknown_report_type():
    refused("report", "There is no report “flows”. Choose one of: events, segmentation", WidgetSpec("flows"))


def test_it_names_the_charts_that_a_report_can_fill():
    refused("chart", "The chart “pie” can't show the report “Funnel”. Choose one of:", spec("funnel", chart="pie"))


@pytest.mark.parametrize("field", ["measure", "unit", "range", "sort", "chart"])
def test_it_names_the_choices_of_a_field(field):
    found = dict(problems(spec("segmentation", **{field: "nonsense"})))
    assert "“nonsense” is not possible here. Choose one of: " in found[field]


@pytest.mark.parametrize("report", REPORT_TYPES)
def test_it_says_what_a_report_needs(report):
    chart = NEEDED[report].get("chart", "line")
    missing = {"events", "property_name", "saved_report", "funnel", "born_event", "metrics"} & set(
        REPORT_TYPES[report].fields
    )
    if report in ("retention", "frequency", "funnel"):
        missing.discard("events")  # no event means every event; a funnel can be a saved one
    found = problems(
        WidgetSpec(report, chart=chart if chart in REPORT_TYPES[report].charts else REPORT_TYPES[report].charts[0])
    )
    assert {field for field, _ in found} == missing
    assert all(message.startswith(("Enter ", "Choose ")) for _, message in found)


def test_it_requires_named_events_and_not_too_many():
    refused("events", "An event's name is empty", spec("events", events=("Signed up", " ")))
    refused("events", "Enter an event's name", spec("segmentation", events=()))
    refused("events", "takes one event. For several", spec("segmentation", events=("A", "B")))
    refused("events", "takes one event", spec("retention", events=("A", "B")))
    refused("events", "At most 100 events", spec("events", events=tuple(map(str, range(101)))))
    assert problems(spec("events", events=tuple(map(str, range(100))))) == []


@pytest.mark.parametrize(
    ("report", "field", "value"),
    [
        ("events", "breakdown", "plan"),
        ("events", "filters", (Filter("plan", "set"),)),
        ("events", "where", 'properties["a"] == 1'),
        ("events", "property_name", "amount"),
        ("saved_report", "events", ("Signed up",)),
        ("funnel", "measure", "unique"),
        ("sum", "breakdown", "plan"),
        ("frequency", "born_event", "Signed up"),
        ("top_events", "events", ("Signed up",)),
    ],
)
def test_it_does_not_ignore_silently_what_a_report_can_not_use(report, field, value):
    refused(
        field,
        "can't use this field. Leave the field out, or choose another report: ",
        spec(report, **{field: value}),
    )


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_it_keeps_to_mixpanels_limit(limit):
    for report in ("segmentation", "funnel", "top_events"):
        refused("limit", "from 1 to 10000", spec(report, limit=limit))
    assert problems(spec("events", limit=limit)) == []


@pytest.mark.parametrize("intervals", [0, 91])
def test_it_keeps_to_as_many_intervals_as_mixpanel_gives(intervals):
    refused("intervals", "from 1 to 90", spec("retention", intervals=intervals))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Filter(" ", "is", "x"), "Filter 1: enter the property's name"),
        (Filter("plan", "like", "x"), "“like” is not a condition. Choose one of: is, is_not, contains"),
        (Filter("plan", "gt", "5"), "“is greater than” compares numbers"),
        (Filter("plan", "lt", True), "“is less than” compares numbers"),
        (Filter("plan", "lt", INFINITY), "“is less than” compares numbers"),
        (Filter("plan", "gt"), "“is greater than” compares numbers"),
        (Filter("plan", "is", ""), "enter the value to compare with"),
        (Filter("plan", "contains"), "enter the value to compare with"),
        (Filter("plan", "is", NAN), "must be a text, a finite number, true or false"),
        (Filter("plan", "is", ["a"]), "must be a text, a finite number, true or false"),
    ],
)
def test_it_says_what_is_wrong_with_a_filter(asked, words):
    refused("filters", words, spec("segmentation", filters=(asked,)))


def test_it_numbers_the_filters():
    good, bad = Filter("plan", "is", "Team"), Filter("", "set")
    refused("filters", "Filter 2: ", spec("segmentation", filters=(good, bad)))
    values = ("x", 0, -1.5, False)
    assert problems(spec("sum", filters=tuple(Filter("a", "is", value) for value in values))) == []


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("events", {"events": ("a\x00",)}),
        ("breakdown", {"breakdown": "a\ud800"}),
        ("where", {"where": "\x00"}),
        ("filters", {"filters": (Filter("a", "is", "\udfff"),)}),
        ("exclude", {"exclude": ("\x00",)}),
        ("rename", {"rename": {"a": "b\x00"}}),
        ("rename", {"rename": {"a\x00": "b"}}),
    ],
)
def test_it_refuses_characters_that_can_not_be_stored(field, fields):
    refused(field, "a character that can't be stored", spec("segmentation", **fields))


@pytest.mark.parametrize("last", [0, -1, 1001])
def test_it_limits_the_number_of_buckets(last):
    refused("last", "from 1 to 1000", spec("events", last=last))
    assert problems(spec("events", last=last, range="last_month")) == []


def fixed(first, last, **fields):
    return spec("events", range="fixed", from_date=first, to_date=last, **fields)


def test_a_fixed_range_needs_both_dates_in_order():
    some = date(2026, 10, 5)
    refused("from_date", "needs both dates", fixed(None, some))
    refused("to_date", "needs both dates", fixed(some, None))
    refused("from_date", "needs both dates", fixed(None, None))
    refused("to_date", "Swap the two dates", fixed(some, date(2026, 10, 4)))
    refused("from_date", "begins in the future", fixed(date(2026, 11, 19), date(2026, 11, 20)))
    refused("from_date", "longer than ten years", fixed(date(2010, 1, 1), some))
    refused("from_date", "longer than ten years", fixed(some, date.max))
    assert problems(fixed(some, some)) == []
    assert problems(fixed(TODAY, date(2027, 1, 1))) == []


@pytest.mark.parametrize(
    ("first", "last", "unit", "whole"),
    [
        ("2026-10-05", "2026-10-11", "week", True),
        ("2026-10-06", "2026-10-17", "week", False),
        ("2026-10-06", "2026-10-18", "week", True),
        ("2026-10-07", "2026-10-08", "week", False),
        ("2026-10-05", "2026-10-08", "week", False),
        ("2026-10-01", "2026-10-31", "month", True),
        ("2026-10-02", "2026-11-30", "month", True),
        ("2026-10-02", "2026-11-29", "month", False),
        # Today, the week has only these days. From tomorrow on, the range would lack the end of the week.
        ("2026-11-16", "2026-11-18", "week", False),
        ("2026-11-16", "2026-11-22", "week", True),
    ],
)
def test_a_fixed_range_needs_a_whole_bucket(first, last, unit, whole):
    dates = (date.fromisoformat(first), date.fromisoformat(last))
    if whole:
        assert problems(fixed(*dates, unit=unit)) == []
    else:
        refused("unit", f"contain no whole {unit}. Choose day, or a longer range", fixed(*dates, unit=unit))
    assert problems(fixed(*dates, unit=unit, chart="pie")) == []
    assert problems(fixed(*dates, unit="day")) == []


@pytest.mark.parametrize("words", ["week_to_date", "last_week"])
def test_a_range_without_a_whole_month_is_refused(words):
    refused("unit", "A week contains no whole month", spec("events", range=words, unit="month"))
    assert problems(spec("events", range=words, unit="month", chart="number")) == []
    assert problems(spec("funnel", range=words, unit="month", chart="table")) == []
    assert problems(spec("events", range=words, unit="week")) == []


def test_numbers_by_hour_are_refused_unless_the_report_ignores_the_unit():
    refused("unit", "This report has no numbers by hour", spec("events", unit="hour"))
    assert problems(spec("saved_report", unit="hour", chart="pie")) == []
    assert problems(spec("top_events", unit="hour", chart="list")) == []


def test_averages_of_days_give_no_average_of_a_longer_time():
    refused("unit", "averages by day only", spec("average", unit="week"))
    refused("range", "average over several days", spec("average", chart="number"))
    refused("range", "average over several days", spec("average", chart="gauge", target=1, range="last_month"))
    one_day = {"chart": "number", "range": "fixed", "from_date": TODAY, "to_date": TODAY}
    assert problems(spec("average", **one_day)) == []
    assert problems(spec("average", chart="number", last=1)) == []


@pytest.mark.parametrize("measure", ["unique", "average"])
def test_it_refuses_one_total_of_several_events_that_do_not_add_up(measure):
    several = {"events": ("A", "B"), "measure": measure}
    for chart in ("pie", "donut", "list", "number", "gauge"):
        refused(
            "measure",
            "of several events over the whole range needs more than one query",
            spec("events", chart=chart, target=1, **several),
        )
    assert problems(spec("events", **several)) == []
    assert problems(spec("events", chart="pie", events=("A",), measure=measure)) == []


@pytest.mark.parametrize("chart", ["number", "gauge"])
def test_it_refuses_one_number_of_a_breakdown_that_does_not_add_up(chart):
    asked = {"breakdown": "plan", "chart": chart, "target": 1}
    refused("breakdown", "can't be added up to one number", spec("segmentation", measure="unique", **asked))
    assert problems(spec("segmentation", **asked)) == []


def test_a_map_needs_a_breakdown():
    refused("breakdown", "enter mp_country_code", spec("segmentation", chart="map"))


@pytest.mark.parametrize("chart", ["funnel", "list", "number", "gauge"])
def test_a_funnel_with_a_breakdown_needs_a_table_or_a_line(chart):
    refused("breakdown", "one column of numbers", spec("funnel", breakdown="plan", chart=chart, target=1))
    assert problems(spec("funnel", breakdown="plan", chart="table")) == []
    assert problems(spec("funnel", breakdown="plan", chart="line")) == []

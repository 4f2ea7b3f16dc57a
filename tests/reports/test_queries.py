"""The query of a widget, as JSON without cleaning and chart options. Widgets with equal queries share their data."""

import json
from dataclasses import replace
from datetime import date

import pytest

from tests.reports.samples import FIXED, SPECS, engine_of, spec
from widgets.reports import REPORT_TYPES
from widgets.reports.ranges import Range
from widgets.spec import Filter

LOOKS = {
    "clean_labels": False,
    "exclude": ("US",),
    "rename": {"FR": "France"},
    "sort": "label",
    "top": 3,
    "colors": ("#000000",),
    "options": {"types": ["line"], "reverse": True, "percent": True, "total": True},
    "target": 12,
}


def query(asked):
    return REPORT_TYPES[asked.report].query(asked, engine_of(asked))


def test_it_is_plain_json():
    for name, asked in SPECS.items():
        asks = query(asked)
        assert json.loads(json.dumps(asks, allow_nan=False)) == asks, name
        assert asks["report"] == asked.report, name
        assert "range" not in asks or Range.from_dict(asks["range"]).to_dict() == asks["range"], name


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_it_does_not_contain_settings_of_cleaning_and_drawing(name):
    assert query(spec(name, **LOOKS)) == query(spec(name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (spec("segmentation", chart="line", breakdown="plan"), spec("segmentation", chart="pie", breakdown="plan")),
        (spec("segmentation", breakdown="plan"), spec("segmentation", breakdown='properties["plan"]')),
        (spec("sum", property_name="amount"), spec("sum", property_name=' properties["amount"] ')),
        (spec("events", events=("A", "B")), spec("events", events=("B", "A"))),
        (spec("events", events=("A", "B")), spec("events", events=("B", "A", "B"))),
        (spec("sum", chart="line"), spec("sum", chart="number")),
        (spec("events", range="last_month"), spec("events", range="last_month", chart="pie")),
        (spec("funnel", chart="funnel"), spec("funnel", chart="line")),
        (spec("funnel", range="last_month"), spec("funnel", range="last_month", chart="line")),
        (spec("retention", chart="cohort"), spec("retention", chart="table")),
        (spec("events", range="last_week", last=5), spec("events", range="last_week", last=6)),
        (spec("events", range="last_week"), spec("events", range="last_week", include_today=True)),
        (spec("events", from_date=date(2026, 1, 1)), spec("events")),
        (spec("segmentation", limit=10), spec("segmentation", limit=20)),
        (
            spec("sum", filters=(Filter("plan", "is", "Team"),)),
            spec("sum", where='properties["plan"] == "Team" '),
        ),
    ],
)
def test_it_is_the_same_for_widgets_with_the_same_data(one, other):
    assert query(one) == query(other)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("segmentation", {"events": ("Other",)}),
        ("segmentation", {"breakdown": "plan"}),
        ("segmentation", {"measure": "unique"}),
        ("segmentation", {"unit": "week"}),
        ("segmentation", {"last": 31}),
        ("segmentation", {"include_today": True}),
        ("segmentation", {"range": "last_month"}),
        ("segmentation", FIXED),
        ("segmentation", {"where": 'properties["a"] == 1'}),
        ("segmentation", {"filters": (Filter("a", "is", 1),)}),
        ("segmentation", {"options": {"comparison": True}}),
        ("segmentation", {"measure": "unique", "chart": "pie"}),
        ("events", {"events": ("Signed up", "Logged in")}),
        ("events", {"measure": "average"}),
        ("sum", {"property_name": "price"}),
        ("average", {"property_name": "price"}),
        ("saved_report", {"saved_report": 5}),
        ("funnel", {"funnel": 5}),
        ("funnel", {"breakdown": "plan"}),
        ("retention", {"born_event": "Logged in"}),
        ("retention", {"events": ("Logged in",)}),
        ("retention", {"intervals": 5}),
        ("frequency", {"events": ()}),
        ("top_events", {"measure": "unique"}),
        ("top_events", {"limit": 5}),
    ],
)
def test_it_differs_if_the_answer_would_differ(name, fields):
    assert query(replace(spec(name), **fields)) != query(spec(name))


def test_it_differs_by_report_type():
    asked = [json.dumps(query(spec(name)), sort_keys=True) for name in REPORT_TYPES]
    assert len(set(asked)) == len(REPORT_TYPES)


def test_it_tells_a_number_from_its_text_in_a_filter():
    one, other = (query(spec("sum", filters=(Filter("a", "is", value),))) for value in (5, "5"))
    assert one != other

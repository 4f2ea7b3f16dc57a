"""The kinds of report and the charts, held against each other."""

from dataclasses import fields

import pytest

from tests.reports.samples import spec
from widgets import cyfe
from widgets.reports import REPORT_TYPES
from widgets.spec import CHARTS, MEASURES, ONE_TOTAL_CHARTS, OPTIONS, TIME_SERIES_CHARTS, Filter, WidgetSpec

DRAWING = {"chart", "clean_labels", "exclude", "rename", "sort", "top", "other", "colors", "target", "options"}
NAMES = {field.name for field in fields(WidgetSpec)}


def test_it_lists_the_charts_that_cyfe_has_in_the_same_order():
    assert tuple(CHARTS) == cyfe.CHARTS


def test_it_puts_the_charts_into_families_as_the_layouts_do():
    assert cyfe.LAYOUTS["line"].charts == TIME_SERIES_CHARTS
    assert all("total" in cyfe.LAYOUTS[chart].row_kinds for chart in ONE_TOTAL_CHARTS)


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_it_fills_charts_that_have_a_layout(name):
    kind = REPORT_TYPES[name]
    assert kind.charts and set(kind.charts) <= set(cyfe.LAYOUTS)
    assert len(set(kind.charts)) == len(kind.charts)
    assert kind.name == name and kind.title and kind.about.endswith(".")


def test_it_has_a_kind_for_every_chart():
    assert {chart for kind in REPORT_TYPES.values() for chart in kind.charts} == set(CHARTS)


@pytest.mark.parametrize("name", REPORT_TYPES)
def test_it_uses_fields_that_a_widget_has(name):
    assert set(REPORT_TYPES[name].fields) <= NAMES - DRAWING - {"report"}


def test_it_has_a_kind_for_every_field():
    assert {field for kind in REPORT_TYPES.values() for field in kind.fields} == NAMES - DRAWING - {"report"}


@pytest.mark.parametrize(
    ("name", "measures"),
    [("events", {"total"}), ("segmentation", {"total"}), ("sum", {*MEASURES}), ("top_events", {"total"})]
    + [(name, set()) for name in ("average", "saved_report", "funnel", "retention", "frequency")],
)
def test_it_adds_up_totals_and_sums_alone(name, measures):
    kind = REPORT_TYPES[name]
    assert {measure for measure in MEASURES if kind.adds_up(spec(name, measure=measure))} == measures


@pytest.mark.parametrize(("name", "order"), [("segmentation", "value"), ("top_events", "value"), ("events", "none")])
def test_it_has_a_usual_order(name, order):
    assert REPORT_TYPES[name].sort == order


def test_it_knows_what_hides_dates():
    hidden = {(name, chart) for name in REPORT_TYPES for chart in CHARTS if spec(name, chart=chart).hides_dates}
    assert {chart for name, chart in hidden if name == "events"} == set(ONE_TOTAL_CHARTS)
    assert {chart for name, chart in hidden if name == "funnel"} == {*ONE_TOTAL_CHARTS, "funnel", "table"}


def test_it_reads_options_as_they_are_switched():
    assert spec("events", options={"comparison": True}).compares and not spec("events").compares
    assert spec("retention", options={"percent": True}).percent and not spec("retention").percent
    assert {name for name, kind in OPTIONS.items() if kind is not bool} == {"types", "axis_min", "axis_max"}


def test_it_holds_a_filter_without_a_value():
    assert Filter("plan", "set").value is None

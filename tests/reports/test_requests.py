"""The requests of every report type, compared with Mixpanel's published description of its Query API."""

from datetime import date
from urllib.parse import urlencode

import pytest

from fake_mixpanel import published, server
from tests.reports.samples import SPECS, TODAY, engine_of, spec
from widgets.reports import REPORT_TYPES, Request

FROM_THE_CLIENT = {"project_id", "workspace_id"}
ENDPOINTS = {
    "events": "events",
    "segmentation": "segmentation",
    "sum": "segmentation/sum",
    "average": "segmentation/average",
    "saved_report": "insights",
    "funnel": "funnels",
    "insights": "insights",
    "retention": "retention",
    "frequency": "retention/addiction",
    "top_events": "events/top",
}


def request_of(asked, today=TODAY) -> Request:
    report_type = REPORT_TYPES[asked.report]
    return report_type.request(report_type.query(asked, engine_of(asked)), today)


def test_it_has_samples_of_every_report_type():
    assert {asked.report for asked in SPECS.values()} == set(REPORT_TYPES) == set(ENDPOINTS)


def test_it_asks_the_right_endpoint():
    for name, asked in SPECS.items():
        one_bucket = asked.report == "events" and asked.one_total and asked.measure != "total"
        assert request_of(asked).endpoint == ("segmentation" if one_bucket else ENDPOINTS[asked.report]), name


def test_it_sends_only_what_mixpanel_describes():
    for name, asked in SPECS.items():
        request = request_of(asked)
        assert not FROM_THE_CLIENT & set(request.params), name
        assert all(value > 0 for value in request.params.values() if isinstance(value, int)), name
        if request.body is not None:
            # Mixpanel's description lacks unsaved reports: see test_unsaved_bodies.
            continue
        query = urlencode({**request.params, "project_id": 1})
        on_the_wire = server.Request("GET", f"/api/query/{request.endpoint}", query, "Basic eDp5")
        assert list(published.problems(on_the_wire)) == [], name


def test_the_first_date_is_not_after_the_last_and_the_last_is_not_in_the_future():
    for name, asked in SPECS.items():
        params = request_of(asked).params
        if "from_date" in params:
            first, last = date.fromisoformat(params["from_date"]), date.fromisoformat(params["to_date"])
            assert first <= last <= TODAY, name


def test_it_asks_by_interval_only_for_unique_users_and_averages():
    for name, asked in SPECS.items():
        params = request_of(asked).params
        assert "interval" not in params or params["type"] in ("unique", "average"), name


def test_it_sends_the_names_of_events_as_json():
    asked = spec("events", events=("Signed up", "Logged in", 'A "b" é'), last=2)
    assert request_of(asked) == Request(
        "events",
        {
            "from_date": "2026-11-16",
            "to_date": "2026-11-17",
            "event": '["A \\"b\\" é", "Logged in", "Signed up"]',
            "type": "general",
            "unit": "day",
        },
    )


def test_it_asks_a_breakdown_with_its_filter_and_its_limit():
    assert request_of(SPECS["segmentation, filtered"]).params["where"] == (
        '(properties["plan"] == "Team") and (properties["amount"] > 5) and (properties["paid"] != true) '
        'and (properties["plan"] != "Free")'
    )
    params = request_of(SPECS["segmentation, breakdown"]).params
    assert (params["on"], params["limit"]) == ('properties["plan"]', 7)
    assert "limit" not in request_of(spec("segmentation")).params


def test_it_queries_all_values_if_the_rest_is_summed():
    assert request_of(SPECS["segmentation, breakdown, all"]).params["limit"] == 10_000
    assert request_of(SPECS["top_events, all"]).params["limit"] == 10_000
    assert request_of(spec("segmentation", breakdown="plan", top=3)).params["limit"] == 60


def test_it_asks_uniques_over_a_range_in_one_bucket():
    asked = spec("segmentation", measure="unique", chart="pie", breakdown="plan", range="last_month")
    assert request_of(asked) == Request(
        "segmentation",
        {
            "event": "Signed up",
            "type": "unique",
            "from_date": "2026-10-01",
            "to_date": "2026-10-31",
            "interval": 31,
            "on": 'properties["plan"]',
            "limit": 60,
        },
    )


def test_it_asks_the_period_before_in_the_same_request():
    compared = {"options": {"comparison": True}, "last": 7}
    params = request_of(spec("events", **compared)).params
    assert (params["from_date"], params["to_date"]) == ("2026-11-04", "2026-11-17")
    params = request_of(spec("events", measure="unique", chart="number", **compared)).params
    assert (params["from_date"], params["to_date"], params["interval"]) == ("2026-11-04", "2026-11-17", 7)


def test_it_asks_weeks_of_a_sum_by_day():
    params = request_of(spec("sum", unit="week", last=2)).params
    assert (params["unit"], params["from_date"], params["to_date"]) == ("day", "2026-11-02", "2026-11-15")
    assert params["on"] == 'properties["amount"]'


@pytest.mark.parametrize(("unit", "counted"), [("day", "hour"), ("week", "day"), ("month", "day")])
def test_it_counts_frequency_in_hours_of_a_day_and_in_days_of_a_week_or_month(unit, counted):
    params = request_of(spec("frequency", unit=unit)).params
    assert (params["unit"], params["addiction_unit"]) == (unit, counted)


def test_it_asks_a_funnels_whole_range_where_it_shows_no_dates():
    asked = {"range": "last_month", "unit": "week"}
    for chart in ("funnel", "table", "list", "number"):
        params = request_of(spec("funnel", chart=chart, **asked)).params
        assert (params["from_date"], params["to_date"]) == ("2026-10-01", "2026-10-31")
    params = request_of(spec("funnel", chart="line", **asked)).params
    assert (params["from_date"], params["to_date"], params["unit"]) == ("2026-10-05", "2026-10-25", "week")


def test_it_asks_retention_of_first_time_users():
    assert request_of(SPECS["retention, returning"]).params == {
        "from_date": "2026-10-19",
        "to_date": "2026-11-17",
        "retention_type": "birth",
        "born_event": "Signed up",
        "event": "Logged in",
        "unit": "day",
        "interval_count": 12,
    }
    assert "event" not in request_of(spec("retention")).params


def test_it_asks_a_saved_report_by_its_number():
    assert request_of(spec("saved_report")) == Request("insights", {"bookmark_id": 900_123})

"""The fake's unsaved Insights reports: what it accepts and refuses, and that its engines agree on every number."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, ZONE, Call, FakeMixpanel
from widgets.reports.expressions import where_expression
from widgets.spec import Filter

AUTH = (DEMO_USERNAME, DEMO_SECRET)
BODIES = json.loads((Path(__file__).parent.parent / "data" / "insights_bodies.json").read_text())["queries"]
TOTAL, FUNNEL, RETENTION = BODIES[0]["body"], BODIES[40]["body"], BODIES[42]["body"]

Ask = Callable[..., requests.Response]


@pytest.fixture
def ask(mixpanel: FakeMixpanel) -> Ask:
    def post(body: Any, **more: Any) -> requests.Response:
        sent = {"json": body | {"project_id": DEMO_PROJECT_ID}} | more
        return requests.post(f"{mixpanel.url}/query/insights", auth=AUTH, timeout=20, **sent)

    return post


@pytest.fixture
def classic(mixpanel: FakeMixpanel) -> Callable[..., Any]:
    def get(endpoint: str, **params: Any) -> Any:
        url, asked = f"{mixpanel.url}/query/{endpoint}", {"project_id": DEMO_PROJECT_ID, **params}
        return requests.get(url, params=asked, auth=AUTH, timeout=20).json()

    return get


def metric(event: str, math: str = "total", name: str = "", filters: tuple[Any, ...] = (), **more: Any) -> Any:
    measurement = {"math": math} | ({"property": {"name": name, "resourceType": "events"}} if name else {})
    behavior = {"type": "event", "name": event, "filtersDeterminer": "all", "filters": list(filters)}
    return {"type": "metric", "behavior": behavior, "measurement": measurement, **more}


def report(*show: Any, unit: str = "day", chart: str = "line", limit: int = 3000, **more: Any) -> Any:
    dates = more.pop("dates", ["2026-01-07", "2026-02-20"])
    group = [{"value": name, "propertyName": name} for name in more.pop("by", ())]
    time = [{"dateRangeType": "between", "unit": unit, "value": dates}]
    sections = {"show": list(show), "time": time, "filter": more.pop("where", []), "group": group}
    display = {"chartType": chart, "analysis": "linear", **more}
    return {"bookmark": {"sections": sections, "displayOptions": display}, "queryLimits": {"limit": limit}}


def typed(name: str, operator: str, value: Any, kind: str = "string") -> Any:
    return {"value": name, "filterType": kind, "filterOperator": operator, "filterValue": value}


@pytest.mark.parametrize("query", BODIES, ids=[query["ask"] for query in BODIES])
def test_it_answers_what_mixpanel_s_own_sdk_asks(ask: Ask, query: Any) -> None:
    answer = ask(query["body"])
    if len(query["body"]["bookmark"]["sections"]["group"]) > 1:
        assert answer.json()["error"] == "UserVisibleParamsError: this fake answers one breakdown"
        return
    found = answer.json()
    assert answer.status_code == 200
    assert found.keys() >= {"computed_at", "date_range", "headers", "series", "meta"}
    shown = [entry["metric_key"] for entry in found["meta"]["report_sections"]["show"]]
    assert set(found["series"]) <= set(shown)
    assert found["series"] or "sku" in answer.text


TODAY = datetime.now(ZONE).date()
HOURS = {"unit": "hour", "dates": ["2026-01-01", "2026-02-01"]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (report(metric("Signed up", "mode")), "unknown math 'mode'"),
        (report(metric("Signed up", "p90")), "p90 needs a property"),
        (report(metric("Signed up", "unique", "amount")), "unique takes no property"),
        (report(metric("Signed up", filters=(typed("plan", "resembles", "x"),))), "unknown filterOperator"),
        (report(metric("Signed up"), where=[typed("plan", "equals", ["x"], "planet")]), "unknown filterType"),
        (report(*[metric("Signed up")] * 41), "at most 40 metrics"),
        (report(metric("Signed up"), **HOURS), "at most 31 days"),
        (report(metric("Signed up"), dates=["2026-02-01", "2026-01-01"]), "the first date must be before the last"),
        (report(metric("Signed up"), unit="fortnight"), "unknown unit"),
        (report(metric("Signed up"), chart="cake"), "unknown chartType"),
        (report(metric("Signed up"), analysis="wild"), "unknown analysis"),
        (report(metric("Signed up"), limit=50_001), "limit must be from 1 to 50000"),
        (report(metric("Signed up"), {"type": "formula", "definition": "A/B"}), "uses B"),
        (report(metric("Signed up"), {"type": "formula", "definition": "(A+1"}), "lacks a bracket"),
        (report(metric("Signed up"), {"type": "formula", "definition": "A+"}), "is not complete"),
        ({}, "bookmark is missing"),
    ],
)
def test_it_refuses_what_mixpanel_would_refuse(ask: Ask, body: Any, words: str) -> None:
    answer = ask(body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("UserVisibleParamsError: ")
    assert words in answer.json()["error"]


def test_dates_in_the_future_are_refused_as_everywhere(ask: Ask) -> None:
    later = report(metric("Signed up"), dates=["2026-01-01", str(TODAY + timedelta(days=2))])
    assert ask(later).json()["error"] == "to_date cannot be later than today"


def test_a_body_that_is_no_json_object_is_refused_and_costs_nothing(ask: Ask, mixpanel: FakeMixpanel) -> None:
    mixpanel.hourly_limit = 1
    json_type = {"Content-Type": "application/json"}
    for sent in ({"data": b"{", "headers": json_type}, {"json": []}, {"data": json.dumps(TOTAL).encode()}):
        assert ask({}, **({"json": None} | sent)).status_code == 400
    assert ask(TOTAL).status_code == 200
    assert ask(TOTAL).status_code == 429
    assert [call.body is None for call in mixpanel.calls] == [True, True, True, False, False]


def test_the_same_body_twice_at_once_is_the_same_query(ask: Ask, mixpanel: FakeMixpanel) -> None:
    all_there = threading.Barrier(3)

    def wait_for_all(call: Call) -> float:
        all_there.wait(timeout=20)
        return 0

    mixpanel.latency = wait_for_all
    with ThreadPoolExecutor() as threads:
        answers = list(threads.map(ask, (TOTAL, FUNNEL, TOTAL)))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert mixpanel.duplicates_in_flight == 1


def by_date(series: Any) -> Any:
    return {key[:10]: number for key, number in series.items()}


@pytest.mark.parametrize("unit", ["day", "week", "month"])
@pytest.mark.parametrize("math", ["total", "unique"])
def test_counts_equal_those_of_segmentation(ask: Ask, classic: Any, unit: str, math: str) -> None:
    dates = {"from_date": "2026-01-07", "to_date": "2026-02-20"}
    kind = "general" if math == "total" else "unique"
    expected = classic(
        "segmentation", event="Page viewed", on='properties["campaign"]', type=kind, unit=unit, limit=7, **dates
    )
    found = ask(report(metric("Page viewed", math), unit=unit, by=["campaign"], limit=7)).json()
    [values] = found["series"].values()
    rest = [values.pop(name) for name in ("$overall", "$remaining_values")]
    assert {value: by_date(series) for value, series in values.items()} == expected["data"]["values"]
    assert (
        by_date(rest[0])
        == classic("segmentation", event="Page viewed", type=kind, unit=unit, **dates)["data"]["values"]["Page viewed"]
    )
    assert found["meta"]["is_segmentation_limit_hit"] is True


@pytest.mark.parametrize("on", ["", "plan"])
def test_one_bucket_equals_an_interval(ask: Ask, classic: Any, on: str) -> None:
    dates = {"from_date": "2026-01-07", "to_date": "2026-02-20", "interval": 45}
    asked = {"event": "Signed up", **dates} | ({"on": f'properties["{on}"]'} if on else {})
    both = report(metric("Signed up"), metric("Signed up", "unique"), chart="bar", by=[on] if on else ())
    series = ask(both).json()["series"]
    total, unique = (series[f"Signed up [{title}]"] for title in ("Total Events", "Unique Users"))
    for kind in ("unique", "average"):
        for value, points in classic("segmentation", type=kind, **asked)["data"]["values"].items():
            (n, people) = (each[value]["all"] if on else each["all"] for each in (total, unique))
            assert [*points.values()] == [people if kind == "unique" else n / people]


@pytest.mark.parametrize(("math", "endpoint"), [("total", "sum"), ("average", "average")])
def test_a_property_equals_sum_and_average(ask: Ask, classic: Any, math: str, endpoint: str) -> None:
    filters = (Filter("plan", "is", "Team"), Filter("amount", "gt", 5.0), Filter("trial", "is_not", True))
    entries = [
        typed("trial", "false", None, "boolean"),
        typed("plan", "equals", ["Team"]),
        typed("amount", "is greater than", 5, "number"),
    ]
    expected = classic(
        f"segmentation/{endpoint}",
        event="Order completed",
        on='properties["amount"]',
        where=where_expression(filters, ""),
        unit="day",
        from_date="2026-01-07",
        to_date="2026-02-20",
    )["results"]
    for own, common in ((entries, []), (entries[:1], entries[1:])):
        found = ask(report(metric("Order completed", math, "amount", tuple(own)), where=common)).json()
        [series] = found["series"].values()
        assert by_date(series) == expected


@pytest.mark.parametrize(
    ("filters", "entry"),
    [
        (Filter("plan", "is_not", 'a"b\\c'), typed("plan", "does not equal", ['a"b\\c'])),
        (Filter('size "cm"', "contains", ") and ("), typed('size "cm"', "contains", ") and (")),
        (Filter("plan", "not_contains", "x"), typed("plan", "does not contain", "x")),
        (Filter("amount", "lt", -2.5), typed("amount", "is less than", -2.5, "number")),
        (Filter("trial", "is", True), typed("trial", "true", None, "boolean")),
        (Filter("coupon", "set"), typed("coupon", "is set", None)),
        (Filter("coupon", "not_set"), typed("coupon", "is not set", None)),
    ],
)
def test_a_typed_filter_equals_its_expression(ask: Ask, classic: Any, filters: Filter, entry: Any) -> None:
    [series] = ask(report(metric("Signed up"), chart="bar", where=[entry])).json()["series"].values()
    dates = {"from_date": "2026-01-07", "to_date": "2026-02-20", "interval": 45}
    for where in (where_expression([filters], ""), where_expression([filters, filters], "")):
        expected = classic("segmentation", event="Signed up", where=where, **dates)["data"]["values"]["Signed up"]
        assert [*series.values()] == [*expected.values()]


def test_formulas_hide_their_metrics_and_leave_out_divisions_by_zero(ask: Ask) -> None:
    show = [metric("Signed up", isHidden=True), metric("Nothing", isHidden=True)]
    show += [{"type": "formula", "definition": text, "name": text} for text in ("2*A^2-(A+1)/4", "A/B")]
    found = ask(report(*show, chart="bar")).json()
    assert [entry["metric_key"] for entry in found["meta"]["report_sections"]["show"]] == ["2*A^2-(A+1)/4", "A/B"]
    n = ask(report(metric("Signed up"), chart="bar")).json()["series"]["Signed up [Total Events]"]["all"]
    assert found["series"] == {"2*A^2-(A+1)/4": {"all": 2 * n**2 - (n + 1) / 4}}


def test_cumulative_and_rolling_count_days_without_events(ask: Ask) -> None:
    odd = metric('Ordered "Pizza", large')
    linear, cumulative, rolling = (
        by_date(next(iter(ask(report(odd, analysis=name, rollingWindowSize=3)).json()["series"].values())))
        for name in ("linear", "cumulative", "rolling")
    )
    assert "2026-01-11" not in linear  # a Sunday, when it is closed
    assert cumulative["2026-01-11"] == sum(n for day, n in linear.items() if day <= "2026-01-11")
    assert rolling["2026-01-11"] == (linear["2026-01-09"] + linear["2026-01-10"]) / 3


@pytest.mark.parametrize("day", ["2026-01-07", "2026-03-08", "2026-11-01"])  # the last two when clocks change
def test_hours_add_up_to_days(ask: Ask, day: str) -> None:
    hours, days = (
        ask(report(metric("App Open"), unit=unit, dates=[day, day])).json()["series"]["App Open [Total Events]"]
        for unit in ("hour", "day")
    )
    assert sum(hours.values()) == by_date(days)[day]


def test_no_hour_is_in_the_future(ask: Ask) -> None:
    dates = [str(TODAY - timedelta(days=1)), str(TODAY)]
    hours = ask(report(metric("App Open"), unit="hour", dates=dates)).json()["series"]["App Open [Total Events]"]
    assert len(hours) >= 24
    assert all(datetime.fromisoformat(key) <= datetime.now(ZONE) for key in hours)


def test_a_funnel_of_a_saved_one_s_events_has_its_numbers(ask: Ask, classic: Any) -> None:
    body = deepcopy(FUNNEL)
    behavior = body["bookmark"]["sections"]["show"][0]["behavior"]
    names = ("Page viewed", "Signed up", "Logged in", "Plan upgraded")
    behavior["behaviors"] = [{"type": "event", "name": name, "filters": []} for name in names]
    expected = classic("funnels", funnel_id=7509, from_date="2026-10-01", to_date="2026-10-30", interval=30)
    [steps] = [day["steps"] for day in expected["data"].values()]

    def counts() -> list[int]:
        [table] = ask(body).json()["series"].values()
        return [step["all"] for step in table["count"].values()]

    assert counts() == [step["count"] for step in steps]
    behavior["conversionWindowDuration"] = 1
    assert 0.8 * steps[1]["count"] < counts()[1] < steps[1]["count"]


def test_a_funnel_by_date_has_ratios_and_counts(ask: Ask) -> None:
    body = deepcopy(FUNNEL)
    body["bookmark"]["displayOptions"]["chartType"] = "line"
    found = ask(body).json()
    [table] = ask(FUNNEL).json()["series"].values()
    [ratios], [counts] = found["series"].values(), found["secondary"]["series"].values()
    assert len(ratios) == len(counts) == 30
    assert all(0 < ratio < 1 for ratio in ratios.values())
    assert sum(counts.values()) == table["count"]["3. Order completed"]["all"]


def test_retention_by_value_stands_above_the_dates(ask: Ask) -> None:
    body = deepcopy(RETENTION)
    body["bookmark"]["sections"]["group"] = [{"value": "plan", "propertyName": "plan"}]
    [values] = ask(body).json()["series"].values()
    assert set(values) == {"$overall", "Free", "Team", "Business", "undefined"}
    for table in values.values():
        assert "$average" in table
        assert table["2026-10-05T00:00:00-07:00"].keys() == {"first", "counts", "rates"}

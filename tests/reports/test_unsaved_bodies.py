"""For the same report, MixCyfe sends the same body as Mixpanel's own SDK, except for a formula's name.

tests/data/insights_bodies.json was made by running mixpanel-headless 0.4.0.
"""

from datetime import date
from typing import Any

import pytest

from tests.reports.samples import data
from widgets.reports import REPORT_TYPES
from widgets.reports.rules import check
from widgets.spec import INSIGHTS, Filter, Formula, Metric, WidgetSpec

TODAY = date(2026, 11, 25)
OCTOBER = {"range": "fixed", "from_date": date(2026, 10, 1), "to_date": date(2026, 10, 30)}
BODIES = {query["ask"]: query["body"] for query in data("insights_bodies")["queries"]}
STEPS = ("Page viewed", "Signed up", "Order completed")


def one(event: str, measure: str = "total", name: str = "", **fields: Any) -> WidgetSpec:
    return WidgetSpec("insights", metrics=(Metric(event, measure, name),), **OCTOBER | fields)


def filtered(*filters: Filter) -> WidgetSpec:
    return WidgetSpec("segmentation", events=("Order completed",), filters=filters, limit=3000, **OCTOBER)


ASKED = {
    "total of one event by day, fixed dates": WidgetSpec("events", events=("Signed up",), **OCTOBER),
    "three events, totals, one curve each": WidgetSpec(
        "insights", metrics=tuple(map(Metric, ("Signed up", "Logged in", "Order completed"))), **OCTOBER
    ),
    "total broken down by one event property": WidgetSpec(
        "segmentation", events=("Signed up",), breakdown="plan", limit=3000, **OCTOBER
    ),
    "unique users in one total over the range (pie, number)": WidgetSpec(
        "segmentation", events=("Signed up",), breakdown="plan", measure="unique", chart="pie", limit=3000, **OCTOBER
    ),
    "sum of a numeric property by day": WidgetSpec(
        "sum", events=("Order completed",), property_name="amount", **OCTOBER
    ),
    "median of a numeric property": one("Order completed", "median", "amount"),
    "min of a numeric property": one("Order completed", "min", "amount"),
    "max of a numeric property": one("Order completed", "max", "amount"),
    "p25 of a numeric property": one("Order completed", "p25", "amount"),
    "p75 of a numeric property": one("Order completed", "p75", "amount"),
    "p90 of a numeric property": one("Order completed", "p90", "amount"),
    "p99 of a numeric property": one("Order completed", "p99", "amount"),
    "distinct values of a property": one("Order completed", "distinct", "sku"),
    "daily active users": one("Logged in", "dau"),
    "weekly active users": one("Logged in", "wau"),
    "monthly active users": one("Logged in", "mau"),
    "sessions": one("Logged in", "sessions"),
    "by hour": one("Logged in", unit="hour", chart="table", from_date=date(2026, 10, 29)),
    "rolling 7 days": one("Logged in", analysis="rolling", window=7),
    "cumulative": one("Signed up", analysis="cumulative"),
    "formula of two metrics, the metrics hidden": WidgetSpec(
        "insights",
        metrics=(Metric("Signed up", "unique"), Metric("Order completed", "unique")),
        formulas=(Formula("(B/A)*100"),),
        **OCTOBER,
    ),
    "same event twice with different filters of each metric": WidgetSpec(
        "insights",
        metrics=(Metric("Signed up"), Metric("Signed up", filters=(Filter("plan", "is", "Pro"),))),
        **OCTOBER,
    ),
    "global filter: equals": filtered(Filter("plan", "is", "Pro")),
    "global filter: does not equal": filtered(Filter("plan", "is_not", "Free")),
    "global filter: contains": filtered(Filter("source", "contains", "ads")),
    "global filter: does not contain": filtered(Filter("source", "not_contains", "test")),
    "global filter: greater than": filtered(Filter("amount", "gt", 5)),
    "global filter: less than": filtered(Filter("amount", "lt", 5)),
    "global filter: is set": filtered(Filter("coupon", "set")),
    "global filter: is not set": filtered(Filter("coupon", "not_set")),
    "global filter: is true": filtered(Filter("trial", "is", True)),
    "two filters, all must hold": filtered(Filter("plan", "is", "Pro"), Filter("amount", "gt", 5)),
    "funnel of three events, steps": WidgetSpec("funnel", events=STEPS, chart="funnel", **OCTOBER),
    "funnel with a breakdown": WidgetSpec(
        "funnel", events=STEPS, breakdown="plan", chart="table", limit=3000, **OCTOBER
    ),
}
NOT_ASKED = {
    "unique users of one event by week": "MixCyfe leaves out the incomplete weeks of these dates",
    "average of a numeric property by month": "these dates contain no whole month",
    "total broken down by two properties": "a widget has at most one breakdown",
    "one total of an event over the range": "MixCyfe adds up the totals of the dates",
    "95th percentile": "MixCyfe has no such measure",
    "global filter: equals any of a list": "MixCyfe has no such condition",
    "global filter: between": "MixCyfe has no such condition",
    "relative dates: the last 30 days": "MixCyfe turns them into dates",
    "retention of an event, by week": "MixCyfe asks the endpoint `/retention`",
}


def test_every_body_of_the_sdk_is_asked_or_left_out_for_a_reason() -> None:
    assert set(BODIES) == set(ASKED) | set(NOT_ASKED)


@pytest.mark.parametrize("ask", ASKED)
def test_the_body_is_the_same_as_the_sdks(ask: str) -> None:
    asked, report_type = ASKED[ask], REPORT_TYPES[ASKED[ask].report]
    assert check(asked, TODAY, INSIGHTS) == []
    sent = report_type.request(report_type.query(asked, INSIGHTS), TODAY)
    expected = BODIES[ask]
    if "formula" in ask:
        # MixCyfe names a formula by its text. The SDK's query is by week, the widget's by day, because MixCyfe shows
        # only whole weeks of October.
        [entry] = [each for each in expected["bookmark"]["sections"]["show"] if each["type"] == "formula"]
        entry["name"] = entry["definition"]
        expected["bookmark"]["sections"]["time"][0]["unit"] = "day"
    assert sent.endpoint == "insights"
    assert {**sent.body, "project_id": 123} == expected

"""Writes a Query as an unsaved Insights report: the body of `POST /insights`.

Mixpanel's public API description lacks this endpoint. Source: the bodies that Mixpanel's SDK makes, `mixpanel-headless`
0.4.0 (tests/data/insights_bodies.json).
"""

from datetime import date
from typing import Any

from widgets.reports.insights.filters import filter_entry
from widgets.reports.ranges import Dates
from widgets.reports.report_type import Query, Request, dates_of
from widgets.spec import Filter

MOST_METRICS = 40
"""The maximum number of metrics and formulas together in one query."""

MOST_SEGMENTS = 3000
"""The number of breakdown values that Mixpanel's SDK asks for."""

PER_PERSON = "per_person"
"""A `math` that only MixCyfe has: the total divided by the number of unique users. See `asked_for`."""

MATH = {"sum": "total", "distinct": "unique_values"}
"""MixCyfe's name of a measure → Mixpanel's `math`. All other measures have the same name in Mixpanel."""


def metric(event: str, measure: str, name: str = "", filters: tuple[Filter, ...] = ()) -> dict[str, Any]:
    """A metric of a Query. `measure`: a key of METRIC_MEASURES, or PER_PERSON. `name`: the property to measure."""
    asked: dict[str, Any] = {"event": event, "math": MATH.get(measure, measure)}
    if name:
        asked["property"] = name
    if filters:
        asked["filters"] = [list(each) for each in filters]
    return asked


def asked_for(query: Query) -> list[dict[str, Any]]:
    """The metrics in the request, in order. A metric with PER_PERSON becomes two: the total and the unique users."""
    found = []
    for each in query["metrics"]:
        parts = ("total", "unique") if each["math"] == PER_PERSON else (each["math"],)
        found += [each | {"math": math} for math in parts]
    return found


def request(query: Query, today: date) -> Request:
    return request_for(query, dates_of(query, today), hides_metrics=bool(query.get("formulas")))


def request_for(query: Query, dates: Dates, *, hides_metrics: bool) -> Request:
    """The request for a query on these dates. `hides_metrics`: only the formulas are shown, not the metrics."""
    metrics, formulas = asked_for(query), query.get("formulas", [])
    filters = [each.get("filters", []) for each in metrics]
    common = filters[0] if all(each == filters[0] for each in filters) else []
    show = [
        show_entry(each, [] if common else own, is_hidden=hides_metrics)
        for each, own in zip(metrics, filters, strict=True)
    ]
    show += [
        {"type": "formula", "definition": formula, "measurement": {}, "referencedMetrics": [], "name": formula}
        for formula in formulas
    ]
    display: dict[str, Any] = {"chartType": "line", "analysis": query.get("analysis", "linear")}
    if "window" in query:
        display["rollingWindowSize"] = query["window"]
    if query.get("one_bucket"):
        display["chartType"] = "bar"
        if query.get("periods") == 2:
            display["timeComparison"] = {"type": "absolute-start", "value": dates.before.isoformat()}
    return post(query, dates, show, common, display)


def post(
    query: Query, dates: Dates, show: list[dict[str, Any]], filters: list[Any], display: dict[str, Any], **more: Any
) -> Request:
    """The request `POST /insights` for a report with these sections and display options. `more`: further sections by
    name, such as `formula`."""
    group = [group_entry(query["breakdown"])] if query.get("breakdown") else []
    time = {
        "dateRangeType": "between",
        "unit": query["range"]["unit"],
        "value": [dates.first.isoformat(), dates.last.isoformat()],
    }
    sections = {
        "show": show,
        "time": [time],
        "filter": [filter_entry(Filter(*each)) for each in filters],
        "group": group,
        **more,
    }
    return Request(
        "insights",
        {},
        {
            "bookmark": {"sections": sections, "displayOptions": display},
            "queryLimits": {"limit": query.get("limit", MOST_SEGMENTS)},
        },
    )


def show_entry(asked: dict[str, Any], filters: list[Any], *, is_hidden: bool) -> dict[str, Any]:
    measurement: dict[str, Any] = {"math": asked["math"]}
    if "property" in asked:
        measurement["property"] = {"name": asked["property"], "resourceType": "events"}
    entry = {
        "type": "metric",
        "behavior": {
            "type": "event",
            "name": asked["event"],
            "resourceType": "events",
            "filtersDeterminer": "all",
            "filters": [filter_entry(Filter(*each)) for each in filters],
        },
        "measurement": measurement,
    }
    return entry | {"isHidden": True} if is_hidden else entry


def group_entry(name: str) -> dict[str, Any]:
    return {
        "value": name,
        "propertyName": name,
        "resourceType": "events",
        "propertyType": "string",
        "propertyDefaultType": "string",
    }

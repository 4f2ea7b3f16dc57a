"""One event, by the values of a property: `/segmentation`."""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from widgets.report import Report, Series
from widgets.reports import one_bucket
from widgets.reports.expressions import property_expression, property_title
from widgets.reports.reading import of_events
from widgets.reports.report_type import (
    FILTER_FIELDS,
    MEASURE_TYPES,
    RANGE_FIELDS,
    Query,
    ReportType,
    Request,
    calendar_of,
    common_params,
)
from widgets.spec import ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS, Problem, WidgetSpec

MOST_VALUES = 10_000
"""Mixpanel's maximum of `limit`: https://developer.mixpanel.com/reference/segmentation-query."""


class Segmentation(ReportType):
    name: ClassVar[str] = "segmentation"
    title: ClassVar[str] = "One event, by a property"
    about: ClassVar[str] = "How often an event happened: one line or slice for each value of a property."
    fields: ClassVar[tuple[str, ...]] = (
        "events",
        "breakdown",
        "measure",
        "limit",
        *FILTER_FIELDS,
        *RANGE_FIELDS,
    )
    charts: ClassVar[tuple[str, ...]] = (*TIME_SERIES_CHARTS, *ONE_TOTAL_CHARTS, "table")
    compares: ClassVar[bool] = True
    sort: ClassVar[str] = "value"

    def validate(self, spec: WidgetSpec) -> Iterator[Problem]:
        if spec.chart == "map" and not spec.breakdown:
            yield Problem(
                "breakdown",
                "A map needs a breakdown by country code: enter mp_country_code, Mixpanel's own property.",
            )
        if spec.chart in ("number", "gauge") and spec.breakdown and spec.measure != "total":
            yield Problem(
                "breakdown",
                f"The {spec.measure} values of a breakdown can't be added to one number. "
                "Leave the breakdown empty, or choose the measure total.",
            )

    def query(self, spec: WidgetSpec) -> Query:
        query = super().query(spec)
        if spec.breakdown:
            every_value = spec.other and spec.top is not None
            query["on"] = property_expression(spec.breakdown)
            query["limit"] = MOST_VALUES if every_value else spec.limit
        if one_bucket.needed(spec):
            return query | one_bucket.query(spec)
        return query | {"event": spec.events[0], "type": MEASURE_TYPES[spec.measure]}

    def request(self, query: Query, today: date) -> Request:
        if "one_bucket" in query:
            return one_bucket.request(query, today)
        params = common_params(query, today) | {
            "event": query["event"],
            "type": query["type"],
            "unit": query["range"]["unit"],
        }
        if on := query.get("on"):
            params |= {"on": on, "limit": query["limit"]}
        return Request("segmentation", params)

    def read(self, answer: Any, query: Query, today: date) -> Report:
        if "one_bucket" in query:
            return one_bucket.read(answer, query, today)
        adds_up = query["type"] == "general"
        calendar = calendar_of(query, today)
        found = calendar.series(answer, limit=query.get("limit", 1), adds_up=adds_up)
        if "on" in query:
            series = [Series(name, values) for name, values in found]
        else:
            zeros = tuple(0 for _ in calendar.buckets)
            series = [Series(name, values or zeros) for name, values in of_events([query["event"]], found)]
        return Report("dates", calendar.buckets, tuple(series), additive=adds_up)

    def labels_name(self, spec: WidgetSpec) -> str:
        return property_title(spec.breakdown) if spec.breakdown else "Event"

    def adds_up(self, spec: WidgetSpec) -> bool:
        return spec.measure == "total"

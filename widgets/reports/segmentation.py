"""The report type `segmentation`: one event, with or without a breakdown by a property.

The engine `classic` asks `/segmentation`.
"""

from collections.abc import Iterator

from widgets.reports.counts import Counts
from widgets.reports.expressions import property_expression
from widgets.reports.report_type import FILTER_FIELDS, RANGE_FIELDS, Query
from widgets.spec import ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS, Problem, WidgetSpec

MOST_VALUES = 10_000
"""Mixpanel's maximum for the parameter `limit`: https://developer.mixpanel.com/reference/segmentation-query."""


class Segmentation(Counts):
    name = "segmentation"
    title = "One event, by a property"
    about = "How often an event happened: one line or slice for each value of a property."
    fields = ("events", "breakdown", "measure", "overlay_previous", "limit", *FILTER_FIELDS, *RANGE_FIELDS)
    charts = (*TIME_SERIES_CHARTS, *ONE_TOTAL_CHARTS, "table")

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        yield from super().validate(spec, engine)
        if spec.chart == "map" and not spec.breakdown:
            yield Problem(
                "breakdown",
                "A map needs a breakdown by country code: enter mp_country_code, Mixpanel's own property.",
            )
        if spec.chart in ("number", "gauge") and spec.breakdown and spec.measure != "total":
            yield Problem(
                "breakdown",
                f"With the measure “{spec.measure}”, the values of a breakdown can't be added up to one number. "
                "Leave the breakdown empty, or choose the measure total.",
            )

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        query = super().query(spec, engine)
        if spec.breakdown:
            if "metrics" in query:
                query["breakdown"] = spec.breakdown
            else:
                query["on"] = property_expression(spec.breakdown)
            every_value = spec.other and spec.top is not None
            query["limit"] = MOST_VALUES if every_value else spec.limit
        return query

    def default_sort(self, spec: WidgetSpec) -> str:
        return "value"

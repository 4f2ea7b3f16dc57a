"""The sum or the average of a numeric property: `/segmentation/sum` and `/segmentation/average`.

Both take hours and days only, so weeks and months of a sum are summed from days; an average of averages
would be a wrong number, so it is refused.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

from widgets.report import Report, Series
from widgets.reports.expressions import property_expression
from widgets.reports.ranges import Range
from widgets.reports.reading import along, mapping, unreadable
from widgets.reports.report_type import (
    FILTER_FIELDS,
    RANGE_FIELDS,
    Query,
    ReportType,
    Request,
    calendar_of,
    common_params,
)
from widgets.spec import TIME_SERIES_CHARTS, Problem, WidgetSpec


class Numeric(ReportType):
    fields: ClassVar[tuple[str, ...]] = ("events", "property_name", *FILTER_FIELDS, *RANGE_FIELDS)
    charts: ClassVar[tuple[str, ...]] = (*TIME_SERIES_CHARTS, "table", "number", "gauge")

    def query(self, spec: WidgetSpec) -> Query:
        return super().query(spec) | {
            "event": spec.events[0],
            "on": property_expression(spec.property_name),
        }

    def request(self, query: Query, today: date) -> Request:
        params = common_params(query, today) | {
            "event": query["event"],
            "on": query["on"],
            "unit": "day",
        }
        return Request(f"segmentation/{self.name}", params)

    def read(self, answer: Any, query: Query, today: date) -> Report:
        adds_up = self.name == "sum"
        calendar = calendar_of(query, today)
        body = mapping(answer, "results")
        if body.get("status", "ok") != "ok":
            raise unreadable("it says itself that something went wrong")
        points = calendar.points(body.get("results"), adds_up=adds_up)
        calendar.check(points)
        values = along(calendar.buckets, points, missing=0 if adds_up else None)
        return Report("dates", calendar.buckets, (Series(query["event"], values),), additive=adds_up)


class Sum(Numeric):
    name: ClassVar[str] = "sum"
    title: ClassVar[str] = "Sum of a property"
    about: ClassVar[str] = "A numeric property of an event, added up: the amount of all orders, say."
    compares: ClassVar[bool] = True

    def adds_up(self, spec: WidgetSpec) -> bool:
        return True


class Average(Numeric):
    name: ClassVar[str] = "average"
    title: ClassVar[str] = "Average of a property"
    about: ClassVar[str] = "A numeric property of an event, averaged by day: the usual amount of an order, say."

    def validate(self, spec: WidgetSpec) -> Iterator[Problem]:
        if spec.unit != "day":
            yield Problem(
                "unit",
                "Mixpanel gives averages by day only, and the average of a week can't be had from those of "
                "its days. Choose day, or the sum of the property.",
            )
        elif spec.one_total and not is_one_day(spec):
            yield Problem(
                "range",
                "The average over several days can't be had from those of its days. Choose a range of one "
                "day, a chart that shows the dates, or the sum of the property.",
            )


def is_one_day(spec: WidgetSpec) -> bool:
    asked = Range.of(spec)
    if asked.kind == "fixed":
        return asked.from_date == asked.to_date
    return asked.kind == "last" and asked.last == 1 and asked.unit == "day"

"""The report types `sum` and `average` of a numeric property.

The engine `classic` asks `/segmentation/sum` and `…/average`, which answer by hour or day only. So with this engine,
sums by week or month are added up from days, and averages by week or month are refused: an average of daily averages
would be wrong.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from widgets.report import Report, Series
from widgets.reports.either import AskedEitherWay
from widgets.reports.expressions import property_expression
from widgets.reports.insights.bookmark import metric
from widgets.reports.ranges import Range
from widgets.reports.reading import mapping, unreadable, values_by_bucket
from widgets.reports.report_type import FILTER_FIELDS, RANGE_FIELDS, Query, Request, calendar_of, params_of
from widgets.spec import CLASSIC, TIME_SERIES_CHARTS, Problem, WidgetSpec


class Numeric(AskedEitherWay):
    fields = ("events", "property_name", "overlay_previous", *FILTER_FIELDS, *RANGE_FIELDS)
    charts = (*TIME_SERIES_CHARTS, "table", "number", "gauge")
    no_chart = "this report gives one value, which has no parts"

    def metrics(self, spec: WidgetSpec) -> list[dict[str, Any]]:
        return [metric(spec.events[0], self.name, spec.property_name, tuple(spec.filters))]

    def classic_query(self, spec: WidgetSpec) -> Query:
        query = super().classic_query(spec)
        return query | {"event": spec.events[0], "on": property_expression(spec.property_name)}

    def classic_request(self, query: Query, today: date) -> Request:
        return Request(f"segmentation/{self.name}", params_of(query, today, unit="day"))

    def classic_read(self, answer: Any, query: Query, today: date) -> Report:
        adds_up = self.name == "sum"
        calendar = calendar_of(query, today)
        body = mapping(answer, "results")
        if body.get("status", "ok") != "ok":
            raise unreadable("the status of the answer is not ok")
        points = calendar.points(body.get("results"), adds_up=adds_up)
        calendar.check(points)
        values = values_by_bucket(calendar.buckets, points, missing=0 if adds_up else None)
        return Report("dates", calendar.buckets, (Series(query["event"], values),), additive=adds_up)


class Sum(Numeric):
    name = "sum"
    title = "Sum of a property"
    about = "The sum of a numeric property of an event, for example the amount of all orders."
    compares = True

    def adds_up(self, spec: WidgetSpec) -> bool:
        return True


class Average(Numeric):
    name = "average"
    title = "Average of a property"
    about = "The average of a numeric property of an event, for example the amount per order."

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        yield from super().validate(spec, engine)
        if engine != CLASSIC:
            return
        if spec.unit != "day":
            yield Problem(
                "unit",
                "The engine “Classic” gives averages by day only, and the average of a week can't be computed from the "
                "averages of its days. Choose day, or the sum of the property.",
            )
        elif spec.one_total and not is_one_day(spec):
            yield Problem(
                "range",
                "The average over several days can't be computed from the averages of the days. Choose a range of "
                "one day, a chart that shows the dates, or the sum of the property.",
            )


def is_one_day(spec: WidgetSpec) -> bool:
    dates = Range.of(spec)
    if dates.kind == "fixed":
        return dates.from_date == dates.to_date
    return dates.kind == "last" and dates.last == 1 and dates.unit == "day"

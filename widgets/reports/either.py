"""The base classes of report types that use Insights (`POST /insights`), alone or beside an older endpoint.

If a report type can use Insights and an older endpoint, the project's engine decides: `insights` or `classic`. Both
engines give the same Report, so a switch of the engine changes no number.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from widgets.report import Report
from widgets.reports.batch import Batch
from widgets.reports.expressions import is_expression
from widgets.reports.insights import bookmark, unsaved
from widgets.reports.insights.batch import InsightsBatch
from widgets.reports.ranges import LONGEST_BY_DAY, Range
from widgets.reports.report_type import Query, ReportType, Request
from widgets.spec import CLASSIC, Problem, WidgetSpec

LONG_YEAR_ENDS = date(2028, 12, 31)
EXPRESSION = (
    "An expression works only in a project with the engine “Classic”. Enter a property's plain name and simple "
    "filters, or ask a lead of the project to change the engine."
)


class AsksInsights(ReportType):
    """A report type that Mixpanel can answer as an unsaved Insights report. A subclass defines the metrics."""

    overlays = True

    def metrics(self, spec: WidgetSpec) -> list[dict[str, Any]]:
        """The metrics of the Insights query, each made by `bookmark.metric`."""
        raise NotImplementedError

    def in_one_bucket(self, spec: WidgetSpec) -> bool:
        """Whether the query asks Insights for one value over the whole range instead of values by date."""
        return spec.one_total and (not self.adds_up(spec) or most_days(spec) > LONGEST_BY_DAY)

    def batch(self, query: Query) -> type[Batch] | None:
        return InsightsBatch if "metrics" in query else None

    def insights_query(self, spec: WidgetSpec) -> Query:
        query = self.dated_query(spec) | {"metrics": self.metrics(spec)}
        return query | {"one_bucket": True} if self.in_one_bucket(spec) else query


class AskedEitherWay(AsksInsights):
    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        if engine == CLASSIC:
            return
        yield from expressions(spec)
        metrics = len(bookmark.asked_for({"metrics": self.metrics(spec)}))
        if metrics > bookmark.MOST_METRICS:
            yield Problem(
                "events",
                f"These events need {metrics} metrics, and Mixpanel answers at most {bookmark.MOST_METRICS} per query. "
                "Remove some events.",
            )
        if not self.in_one_bucket(spec):
            yield from too_many_days(spec)

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        # The project's engine can change before a deleted widget is restored. So a widget with expressions can be in a
        # project with the engine `insights`. Insights can't apply expressions, so the widget's numbers would be wrong.
        if engine == CLASSIC or any(expressions(spec)):
            return self.classic_query(spec)
        return self.insights_query(spec)

    def request(self, query: Query, today: date) -> Request:
        return bookmark.request(query, today) if "metrics" in query else self.classic_request(query, today)

    def read(self, answer: Any, query: Query, today: date) -> Report:
        if "metrics" not in query:
            return self.classic_read(answer, query, today)
        report = unsaved.read(answer, query, today)
        names = [each["event"] for each in query["metrics"]]
        return report.with_series(
            replace(each, label=each.label if query.get("breakdown") else names[int(each.step)], step="")
            for each in report.series
        )

    def classic_query(self, spec: WidgetSpec) -> Query:
        return super().query(spec, CLASSIC)

    def classic_request(self, query: Query, today: date) -> Request:
        raise NotImplementedError

    def classic_read(self, answer: Any, query: Query, today: date) -> Report:
        raise NotImplementedError


def expressions(spec: WidgetSpec) -> Iterator[Problem]:
    """One Problem per field with an expression in Mixpanel's query language, which Insights can't read."""
    for field in ("breakdown", "property_name"):
        if is_expression(getattr(spec, field)):
            yield Problem(field, EXPRESSION)
    if spec.where.strip():
        yield Problem("where", EXPRESSION)
    if any(is_expression(each.property) for each in spec.filters):
        yield Problem("filters", EXPRESSION)


def most_days(spec: WidgetSpec) -> int:
    """The largest number of days that the query can ever cover. Includes the period before the range, if the widget
    shows that period. 0 if the query does not ask for numbers by day, or if a fixed range lacks a date."""
    asked = Range.of(spec)
    if asked.unit != "day" or (asked.kind == "fixed" and not (asked.from_date and asked.to_date)):
        return 0
    # “This year so far” is longest on the last day of a leap year. Ranges such as “last month” are always far shorter
    # than LONGEST_BY_DAY.
    today = max(asked.to_date or LONG_YEAR_ENDS, LONG_YEAR_ENDS)
    return asked.resolve(today, 2 if spec.compares or spec.overlay_previous else 1).days


def too_many_days(spec: WidgetSpec) -> Iterator[Problem]:
    if most_days(spec) > LONGEST_BY_DAY:
        longer = "The range, plus the period before it," if spec.compares or spec.overlay_previous else "The range"
        yield Problem(
            "last" if spec.range == "last" else "range",
            f"{longer} is longer than 12 months. Mixpanel gives numbers by day for at most 12 months. Choose week or "
            "month, or a shorter range.",
        )

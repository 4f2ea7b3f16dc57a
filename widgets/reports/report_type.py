"""The base class of all report types. A subclass names its fields, writes its request and reads the answer.

Some report types can use two endpoints, and the project's engine decides which one: see `widgets.reports.either`.

To add a report type, write a module with a subclass of ReportType, and add the class to `widgets/reports/__init__.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar

from widgets.report import Report, ReportError, Series
from widgets.reports.expressions import property_title, where_expression
from widgets.reports.ranges import Dates, Range
from widgets.reports.reading import Calendar
from widgets.spec import Problem, WidgetSpec

if TYPE_CHECKING:
    from widgets.reports.batch import Batch

Query = dict[str, Any]
"""The query of a widget as plain JSON data. Relative dates stay relative (“the last 30 days”). Widgets with equal
queries share one call to Mixpanel."""

MEASURE_TYPES = {"total": "general", "unique": "unique", "average": "average"}
"""The name of a measure in a widget → its name in Mixpanel's older endpoints. Only totals can be added up."""

ONLY_FOR = {
    "funnel": "only for funnels",
    "cohort": "only for retention and frequency",
    "map": "only for numbers by country",
}
"""Each chart that only some report types can use → the reason to show for all other report types."""

RANGE_FIELDS = ("unit", "range", "last", "include_today", "from_date", "to_date")
FILTER_FIELDS = ("filters", "where")

SAME_NAMES = ("event", "type", "on", "limit", "where", "born_event")
"""The keys of a Query that are also names of parameters in Mixpanel's older endpoints."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request to Mixpanel's Query API: a GET request, or a POST request with `body` as JSON if there is a
    `body`."""

    endpoint: str
    params: Mapping[str, str | int | bool]
    body: Mapping[str, Any] | None = None


class ReportType:
    """One report type.

    name     the key in imports
    title    the name that people see
    about    one line of help
    fields   the fields of WidgetSpec that the query uses
    charts   the charts that can show the report
    usual_chart      the chart of a new widget
    no_chart         the reason why the other charts can't show the report
    compares         whether the report can give the total of the period before
    compares_dates   whether a chart with dates can show that total even if the values can't be added up
    overlays         whether a chart can show the values of the period before beside the values of the range
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    charts: ClassVar[tuple[str, ...]]
    usual_chart: ClassVar[str] = "line"
    no_chart: ClassVar[str] = ""
    compares: ClassVar[bool] = False
    compares_dates: ClassVar[bool] = False
    overlays: ClassVar[bool] = False

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        """The mistakes in a widget that only its report type can find. The module `rules` finds all other mistakes."""
        return iter(())

    def why_not(self, chart: str) -> str:
        """The reason why this chart can't show the report; empty if it can."""
        if chart in self.charts:
            return ""
        return ONLY_FOR.get(chart) or self.no_chart

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        """The query for the widget's numbers, in a project with this engine."""
        query = self.dated_query(spec)
        if "where" in self.fields and (where := where_expression(spec.filters, spec.where)):
            query["where"] = where
        return query

    def dated_query(self, spec: WidgetSpec) -> Query:
        """The part of a query that all report types have in common: the report type, the range and the number of
        periods."""
        query: Query = {"report": self.name}
        if "range" in self.fields:
            query["range"] = Range.of(spec).to_dict()
            if spec.compares or spec.overlay_previous:
                query["periods"] = 2
        return query

    def request(self, query: Query, today: date) -> Request:
        raise NotImplementedError

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """Reads Mixpanel's answer to `query` into a Report. Raises ReadError for an answer without the documented
        form."""
        raise NotImplementedError

    def batch(self, query: Query) -> "type[Batch] | None":
        """The Batch class that can combine this query with other queries; None if the query always has a call of its
        own."""
        return None

    def batch_key(self, query: Query) -> tuple[Any, ...] | None:
        """The batch key. Queries with the same key can share a call, as long as the call has room. None if the query
        always has a call of its own."""
        kind = self.batch(query)
        return kind.key(query) if kind else None

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        """Turns the stored report into the report that one widget shows. Raises ReportError if the widget's chart
        can't show it."""
        if report.row_kind == "dates" and (spec.compares or spec.overlay_previous):
            report = compared(report, overlay=spec.overlay_previous)
        if spec.one_total and report.row_kind == "dates":
            report = totalled(report)
        return replace(
            report,
            labels_name=property_title(spec.breakdown) or "Event",
            values_name=spec.events[0] if len(spec.events) == 1 else "Total",
        )

    def default_sort(self, spec: WidgetSpec) -> str:
        """The order of the labels if the widget's settings name no order: a key of SORTS."""
        return "none"

    def adds_up(self, spec: WidgetSpec) -> bool:
        """Whether this widget's values can be added up, over dates and over labels."""
        return "measure" in self.fields and spec.measure == "total"


def dates_of(query: Query, today: date) -> Dates:
    """The dates that a query asks for on the day `today`."""
    return Range.from_dict(query["range"]).resolve(today, query.get("periods", 1))


def calendar_of(query: Query, today: date) -> Calendar:
    """The Calendar with the buckets of a query, for reading the answer."""
    return Calendar(dates_of(query, today), query["range"]["unit"])


def params_of(query: Query, today: date, **more: str | int) -> dict[str, str | int | bool]:
    """The parameters of a request to an endpoint with dates: the dates, the unit, the keys in SAME_NAMES, and
    `more`."""
    dates = dates_of(query, today)
    return {
        "from_date": dates.first.isoformat(),
        "to_date": dates.last.isoformat(),
        "unit": query["range"]["unit"],
        **{name: query[name] for name in SAME_NAMES if name in query},
        **more,
    }


def compared(report: Report, *, overlay: bool = False) -> Report:
    """The later half of a report that covers two periods of equal length. Each series gets the total of the earlier
    half as `previous`.

    With `overlay`, each series also gets the values of the earlier half as `before`.
    """
    half = len(report.rows) // 2
    return replace(
        report,
        rows=report.rows[half:],
        series=tuple(
            replace(
                each,
                values=each.values[half:],
                previous=Series("", each.values[:half]).total,
                before=each.values[:half] if overlay else (),
            )
            for each in report.series
        ),
    )


def totalled(report: Report) -> Report:
    """A report with one row: the sums over all dates. Raises ReportError if there are several dates and the values
    can't be added up."""
    if not report.additive and len(report.rows) > 1:
        raise ReportError(
            "These values can't be added up over several dates. Choose a chart that shows the dates, "
            "such as a line or a table."
        )
    return replace(
        report,
        row_kind="total",
        rows=("",),
        series=tuple(replace(s, values=(s.total,)) for s in report.series),
    )

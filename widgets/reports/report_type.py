"""The base class of all report types.

To add a report type, write a module with a subclass, and add the subclass to REPORT_TYPES in
`widgets/reports/__init__.py`. The module `either` has base classes for report types that use Insights.
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
"""The query of a widget as JSON data. Relative dates stay relative (“the last 30 days”). Widgets of a
project that have equal queries share one call to Mixpanel."""

MEASURE_TYPES = {"total": "general", "unique": "unique", "average": "average"}
"""A widget's measure → its name in Mixpanel's older endpoints. Only totals can be added up."""

ONLY_FOR = {
    "funnel": "only for funnels",
    "cohort": "only for retention and frequency",
    "map": "only for numbers by country",
}
"""A chart that only some report types can use → the reason to show for the other report types."""

RANGE_FIELDS = ("unit", "range", "last", "include_today", "from_date", "to_date")
FILTER_FIELDS = ("filters", "where")

SAME_NAMES = ("event", "type", "on", "limit", "where", "born_event")
"""The keys of a Query that are also parameters of Mixpanel's older endpoints."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to Mixpanel's Query API: a GET request, or a POST request if it has a `body` (sent as JSON)."""

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
    no_chart         the reason why other charts can't show the report, for charts that are not in ONLY_FOR
    compares         whether the report can give the total of the period before
    compares_dates   whether a chart with dates can show that total even if the values can't be added up
    overlays         whether a chart can also show the values of the period before the range
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
        """The mistakes in a widget that only its report type can find. The module `rules` finds the others."""
        return iter(())

    def why_not(self, chart: str) -> str:
        """The reason why this chart can't show the report; empty if it can."""
        if chart in self.charts:
            return ""
        return ONLY_FOR.get(chart) or self.no_chart

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        """The query for the widget's numbers in a project with this engine."""
        query = self.dated_query(spec)
        if "where" in self.fields and (where := where_expression(spec.filters, spec.where)):
            query["where"] = where
        return query

    def dated_query(self, spec: WidgetSpec) -> Query:
        """The report type and, if it has a range, the range. `periods` is 2 if the query includes the period before."""
        query: Query = {"report": self.name}
        if "range" in self.fields:
            query["range"] = Range.of(spec).to_dict()
            if spec.compares or spec.overlay_previous:
                query["periods"] = 2
        return query

    def request(self, query: Query, today: date) -> Request:
        raise NotImplementedError

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """The Report in Mixpanel's answer. Raises ReadError if the answer lacks the documented form."""
        raise NotImplementedError

    def batch(self, query: Query) -> "type[Batch] | None":
        """The Batch class that combines this query with others; None if the query always has its own call."""
        return None

    def batch_key(self, query: Query) -> tuple[Any, ...] | None:
        """Queries with the same batch key can share a call. None if the query always has its own call."""
        kind = self.batch(query)
        return kind.key(query) if kind else None

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        """The stored report as one widget shows it. Raises ReportError if the widget's chart can't show it."""
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
        """The order of the labels (a key of SORTS) if the widget's settings name none."""
        return "none"

    def adds_up(self, spec: WidgetSpec) -> bool:
        """Whether this widget's values can be added up, over dates and over labels."""
        return "measure" in self.fields and spec.measure == "total"


def dates_of(query: Query, today: date) -> Dates:
    """The dates that a query asks for on the day `today`. The dates of a query for one bucket never include the period
    before, because that period is a bucket of its own."""
    periods = 1 if "one_bucket" in query else query.get("periods", 1)
    return Range.from_dict(query["range"]).resolve(today, periods)


def calendar_of(query: Query, today: date) -> Calendar:
    """The Calendar for reading the answer to a query."""
    return Calendar(dates_of(query, today), query["range"]["unit"])


def params_of(query: Query, today: date, **more: str | int) -> dict[str, str | int | bool]:
    """The parameters for an endpoint with dates: the dates, the unit, the keys in SAME_NAMES, and `more`."""
    dates = dates_of(query, today)
    return {
        "from_date": dates.first.isoformat(),
        "to_date": dates.last.isoformat(),
        "unit": query["range"]["unit"],
        **{name: query[name] for name in SAME_NAMES if name in query},
        **more,
    }


def compared(report: Report, *, overlay: bool = False) -> Report:
    """The later half of a report over two periods of equal length. Each series gets the total of the earlier half as
    `previous`, and with `overlay` the values of the earlier half as `before`."""
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
    """One row with the sums over all dates. Raises ReportError if values of several dates can't be added up."""
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

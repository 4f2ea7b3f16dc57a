"""The base class of all report types. A subclass names its fields, writes its request and reads the answer.

Some report types know two endpoints, and the project's engine decides between them: see `widgets.reports.either`.

A new report type is a new module with such a subclass, and one line in `widgets/reports/__init__.py`.
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
"""The query of a widget as canonical JSON with relative dates. Widgets with equal queries share one call."""

MEASURE_TYPES = {"total": "general", "unique": "unique", "average": "average"}
"""Our name of a measure → Mixpanel's name. Only totals add up."""

ONLY_FOR = {
    "funnel": "only for funnels",
    "cohort": "only for retention and frequency",
    "map": "only for one event by country",
}
"""Charts for one kind of report only → the reason why other reports can't use them."""

RANGE_FIELDS = ("unit", "range", "last", "include_today", "from_date", "to_date")
FILTER_FIELDS = ("filters", "where")

SAME_NAMES = ("event", "type", "on", "limit", "where", "born_event")
"""Keys of a Query that are also the names of Mixpanel's parameters."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of Mixpanel's Query API: a GET, or with a `body` a POST of JSON."""

    endpoint: str
    params: Mapping[str, str | int | bool]
    body: Mapping[str, Any] | None = None


class ReportType:
    """One report type.

    name     the key in imports
    title    the name for people
    about    one line of help
    fields   the fields of WidgetSpec that the query uses
    charts   the charts that can show the report
    usual_chart      the chart of a new widget
    no_chart         why the other charts can't show the report
    compares         whether the report can give the total of the period before
    compares_dates   the same, for charts with dates even if the values don't add up
    overlays         whether a chart can show the values of the period before beside those of the range
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
        """The mistakes that only this report type can find in a widget. `rules` finds all others."""
        return iter(())

    def why_not(self, chart: str) -> str:
        """The reason why this chart can't show the report; empty if it can."""
        if chart in self.charts:
            return ""
        return ONLY_FOR.get(chart) or self.no_chart

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        """The query of a widget in a project with this engine. Cleaning and drawing are no part of it."""
        query = self.dated_query(spec)
        if "where" in self.fields and (where := where_expression(spec.filters, spec.where)):
            query["where"] = where
        return query

    def dated_query(self, spec: WidgetSpec) -> Query:
        """The part of a query that all report types have in common."""
        query: Query = {"report": self.name}
        if "range" in self.fields:
            query["range"] = Range.of(spec).to_dict()
            if spec.compares or spec.overlay_previous:
                query["periods"] = 2
        return query

    def request(self, query: Query, today: date) -> Request:
        raise NotImplementedError

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """The Report in Mixpanel's answer to `query`. Raises ReadError for an answer without the documented form."""
        raise NotImplementedError

    def batch(self, query: Query) -> "type[Batch] | None":
        """The kind of batch that may ask this query together with others; None if it is always asked alone."""
        return None

    def batch_key(self, query: Query) -> tuple[Any, ...] | None:
        """Queries with the same key may share a call, if they fit into one; None if this query is asked alone."""
        kind = self.batch(query)
        return kind.key(query) if kind else None

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        """The report that one widget shows, from the stored report. Raises ReportError if its chart can't show it."""
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
        """The order of the labels if the widget names none: a key of SORTS."""
        return "none"

    def adds_up(self, spec: WidgetSpec) -> bool:
        """Whether this widget's values may be added up, over dates and over labels."""
        return "measure" in self.fields and spec.measure == "total"


def dates_of(query: Query, today: date) -> Dates:
    """The dates that a query asks for today."""
    return Range.from_dict(query["range"]).resolve(today, query.get("periods", 1))


def calendar_of(query: Query, today: date) -> Calendar:
    """The Calendar for the answer to a query."""
    return Calendar(dates_of(query, today), query["range"]["unit"])


def params_of(query: Query, today: date, **more: str | int) -> dict[str, str | int | bool]:
    """The parameters of an endpoint with dates: the dates, the unit, the keys in SAME_NAMES, and `more`."""
    dates = dates_of(query, today)
    return {
        "from_date": dates.first.isoformat(),
        "to_date": dates.last.isoformat(),
        "unit": query["range"]["unit"],
        **{name: query[name] for name in SAME_NAMES if name in query},
        **more,
    }


def compared(report: Report, *, overlay: bool = False) -> Report:
    """Splits the dates in two halves. The later half stays, and the totals of the earlier half become `previous`.

    With `overlay`, the values of the earlier half become `before`.
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
    """One row: the sum over the dates. Raises ReportError if there are several dates and values don't add up."""
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

"""A widget's settings as plain data: its query, the cleaning of its labels, and its chart.

The fields have the names of the keys in imports, except `property_name` and `clean_labels`, because the keys "property"
and "clean" mean something else in Python and Django.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from widgets.report import Number

TIME_SERIES_CHARTS = (
    "line",
    "spline",
    "area",
    "areaspline",
    "stackedarea",
    "column",
    "stackedcolumn",
    "stackedpercentagecolumn",
    "bar",
    "stackedbar",
)
ONE_TOTAL_CHARTS = ("pie", "donut", "list", "map", "number", "gauge")
"""Charts that show one number per label over the whole range."""

CHARTS: dict[str, str] = {
    "line": "Line",
    "spline": "Spline (smooth line)",
    "area": "Area",
    "areaspline": "Area spline",
    "stackedarea": "Stacked area",
    "column": "Column",
    "stackedcolumn": "Stacked column",
    "stackedpercentagecolumn": "Stacked percentage column",
    "bar": "Bar",
    "stackedbar": "Stacked bar",
    "pie": "Pie",
    "donut": "Donut",
    "funnel": "Funnel",
    "list": "List",
    "table": "Table",
    "number": "Number",
    "gauge": "Gauge",
    "cohort": "Cohort",
    "map": "Map",
}
"""Cyfe's name of a chart type → the title that people see."""

MEASURES = {
    "total": "Total (every time it happened)",
    "unique": "Unique users",
    "average": "Average per user",
}
METRIC_MEASURES = {
    "total": "Total events",
    "unique": "Unique users",
    "sessions": "Sessions",
    "dau": "Daily active users",
    "wau": "Weekly active users",
    "mau": "Monthly active users",
    "sum": "Sum of a property",
    "average": "Average of a property",
    "median": "Median of a property",
    "min": "Minimum of a property",
    "max": "Maximum of a property",
    "p25": "25th percentile of a property",
    "p75": "75th percentile of a property",
    "p90": "90th percentile of a property",
    "p99": "99th percentile of a property",
    "distinct": "Number of different values of a property",
}
"""The measures of a metric in an Insights report."""

OF_PROPERTY = ("sum", "average", "median", "min", "max", "p25", "p75", "p90", "p99", "distinct")
"""The measures in METRIC_MEASURES that need a property."""

INSIGHTS, CLASSIC = "insights", "classic"
ENGINES = {
    INSIGHTS: "Insights (Mixpanel's current engine)",
    CLASSIC: "Classic (older endpoints, which Mixpanel may end)",
}
"""A project's engine decides which of Mixpanel's endpoints MixCyfe queries for the report types `events`,
`segmentation`, `sum`, `average` and `funnel`."""

ANALYSES = {"linear": "As they are", "cumulative": "Cumulative", "rolling": "Rolling average"}
UNITS = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
RANGES = {
    "last": "The last …",
    "week_to_date": "This week so far",
    "month_to_date": "This month so far",
    "quarter_to_date": "This quarter so far",
    "year_to_date": "This year so far",
    "last_week": "Last week",
    "last_month": "Last month",
    "last_quarter": "Last quarter",
    "fixed": "From one date to another",
}
SORTS = {"value": "Largest first", "label": "By label", "none": "In the order of Mixpanel or of your list"}
FILTER_OPS = {
    "is": "is",
    "is_not": "is not",
    "contains": "contains",
    "not_contains": "does not contain",
    "gt": "is greater than",
    "lt": "is less than",
    "set": "is set",
    "not_set": "is not set",
}
OPTIONS: dict[str, type | tuple[type, ...]] = {
    "types": (list, dict),
    "cumulative": bool,
    "average": bool,
    "total": bool,
    "comparison": bool,
    "reverse": bool,
    "reverse_graph": bool,
    "shared_axis": bool,
    "show_axis": bool,
    "show_labels": bool,
    "percent": bool,
    "country_names": bool,
    "axis_min": (int, float),
    "axis_max": (int, float),
}


class Charted(Protocol):
    """A widget, or any other object with the settings that `hours_on_axis` reads."""

    @property
    def report(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def chart(self) -> str: ...


def hours_on_axis(widget: Charted) -> bool:
    """Whether the chart has hours on its axis. Cyfe can show hours only in a table."""
    return widget.report == "insights" and widget.unit == "hour" and widget.chart in TIME_SERIES_CHARTS


class Problem(NamedTuple):
    """A mistake in a field of a WidgetSpec. The message tells people what to do."""

    field: str
    message: str


class Filter(NamedTuple):
    """A condition on a property. `value` is None for `set` and `not_set`."""

    property: str
    op: str
    value: str | Number | bool | None = None


class Metric(NamedTuple):
    """`measure`: a key of METRIC_MEASURES. The measures in OF_PROPERTY need a `property`."""

    event: str
    measure: str = "total"
    property: str = ""
    filters: tuple[Filter, ...] = ()
    label: str = ""


class Formula(NamedTuple):
    """Arithmetic with metrics, which are named by letters: A is the first metric, B the second."""

    formula: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    report: str
    events: tuple[str, ...] = ()
    metrics: tuple[Metric, ...] = ()
    formulas: tuple[Formula, ...] = ()
    breakdown: str = ""
    property_name: str = ""
    filters: tuple[Filter, ...] = ()
    where: str = ""
    measure: str = "total"
    unit: str = "day"
    analysis: str = "linear"
    window: int | None = None
    overlay_previous: bool = False
    range: str = "last"
    last: int = 30
    include_today: bool = False
    from_date: date | None = None
    to_date: date | None = None
    limit: int = 60
    saved_report: int | None = None
    funnel: int | None = None
    conversion_days: int = 14
    born_event: str = ""
    intervals: int = 8
    chart: str = "line"
    clean_labels: bool = True
    exclude: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    top: int | None = None
    other: bool = False
    colors: Sequence[str] | Mapping[str, str] = ()
    target: Number | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def one_total(self) -> bool:
        return self.chart in ONE_TOTAL_CHARTS

    @property
    def hides_dates(self) -> bool:
        """Whether the chart shows no dates, so that only the first and the last day of the range matter."""
        return self.one_total or (self.report == "funnel" and self.chart in ("funnel", "table"))

    @property
    def compares(self) -> bool:
        return bool(self.options.get("comparison"))

    @property
    def percent(self) -> bool:
        return bool(self.options.get("percent"))

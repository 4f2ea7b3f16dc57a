"""What a kind of report is: a small class that says which fields it uses, what it asks and how it reads.

A new kind is a new file with such a class and a line in `widgets/reports/__init__.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from widgets.report import Report, ReportError, Series
from widgets.reports.expressions import where_expression
from widgets.reports.ranges import Dates, Range
from widgets.reports.reading import Calendar
from widgets.spec import Problem, WidgetSpec

Question = dict[str, Any]
"""What Mixpanel is asked, as canonical JSON with relative dates: equal questions share one query."""

MEASURE_TYPES = {"total": "general", "unique": "unique", "average": "average"}
"""Our measures by Mixpanel's names. Only totals add up."""

RANGE_FIELDS = ("unit", "range", "last", "include_today", "from_date", "to_date")
FILTER_FIELDS = ("filters", "where")


@dataclass(frozen=True, slots=True)
class Request:
    """One call of Mixpanel's Query API."""

    endpoint: str
    params: Mapping[str, str | int | bool]


class Kind:
    """One kind of report.

    name     as in imports
    title    as people read it
    about    one line of help
    fields   the fields of WidgetSpec that it uses, beside those of drawing and cleaning
    charts   the charts that it can fill
    compares         whether it can give the total of the period before
    compares_dates   whether it can for charts with dates though its values may not add up
    """

    name: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    fields: ClassVar[tuple[str, ...]]
    charts: ClassVar[tuple[str, ...]]
    compares: ClassVar[bool] = False
    compares_dates: ClassVar[bool] = False
    sort: ClassVar[str] = "none"

    def problems(self, spec: WidgetSpec) -> Iterator[Problem]:
        """What is wrong with a widget of this kind, beyond what `rules` checks for every kind."""
        return iter(())

    def question(self, spec: WidgetSpec) -> Question:
        """What a widget asks. Says nothing of how the answer is cleaned or drawn."""
        question: Question = {"report": self.name}
        if "range" in self.fields:
            question["range"] = Range.of(spec).to_dict()
            if spec.compares:
                question["periods"] = 2
        if "where" in self.fields and (where := where_expression(spec.filters, spec.where)):
            question["where"] = where
        return question

    def request(self, question: Question, today: date) -> Request:
        raise NotImplementedError

    def read(self, answer: Any, question: Question, today: date) -> Report:
        """The Report in Mixpanel's answer to `question`; ReadError when it is none."""
        raise NotImplementedError

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        """What one widget shows of the stored report; ReportError when it can't."""
        if spec.compares and report.shape == "dates":
            report = compared(report)
        if spec.one_total and report.shape == "dates":
            report = totalled(report)
        return replace(
            report,
            labels_name=self.labels_name(spec) or report.labels_name,
            values_name=self.values_name(spec) or report.values_name,
        )

    def labels_name(self, spec: WidgetSpec) -> str:
        return "Event"

    def values_name(self, spec: WidgetSpec) -> str:
        return spec.events[0] if len(spec.events) == 1 else "Total"

    def adds_up(self, spec: WidgetSpec) -> bool:
        """Whether this widget's values may be added, over dates and over labels."""
        return False


def dates_of(question: Question, today: date) -> Dates:
    """The dates that a question asks for today."""
    return Range.from_dict(question["range"]).resolve(today, question.get("periods", 1))


def calendar_of(question: Question, today: date) -> Calendar:
    """The same, to sort an answer's dates into."""
    return Calendar(dates_of(question, today), question["range"]["unit"])


def common_params(question: Question, today: date) -> dict[str, str | int | bool]:
    """The dates and the filter, as every dated endpoint takes them."""
    dates = dates_of(question, today)
    params: dict[str, str | int | bool] = {
        "from_date": dates.first.isoformat(),
        "to_date": dates.last.isoformat(),
    }
    if where := question.get("where"):
        params["where"] = where
    return params


def compared(report: Report) -> Report:
    """Twice the dates, split: the later half stays, the earlier half's totals become `previous`."""
    half = len(report.rows) // 2
    return replace(
        report,
        rows=report.rows[half:],
        series=tuple(
            replace(s, values=s.values[half:], previous=Series("", s.values[:half]).total) for s in report.series
        ),
    )


def totalled(report: Report) -> Report:
    """One row: the sum over the dates. Only where values add up, or there is one date anyway."""
    if not report.additive and len(report.rows) > 1:
        raise ReportError(
            "These values can't be added up over several dates. Choose a chart that shows the dates, "
            "such as a line or a table."
        )
    return replace(
        report,
        shape="total",
        rows=("",),
        series=tuple(replace(s, values=(s.total,)) for s in report.series),
    )

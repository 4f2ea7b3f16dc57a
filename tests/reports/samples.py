"""Widgets of every report type, example answers from Mixpanel, and functions that turn an answer into a CSV."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from widgets.cyfe import Drawing, lay_out, write_csv
from widgets.poll.render import view
from widgets.report import Report
from widgets.reports import REPORT_TYPES
from widgets.spec import CLASSIC, INSIGHTS, Filter, Metric, WidgetSpec

DATA = Path(__file__).parent.parent / "data"
TODAY = date(2026, 11, 18)
"""The day on which most of these tests take place: a Wednesday."""


def data(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text())


def spec(report: str, **fields: Any) -> WidgetSpec:
    """A widget of this report type: its required fields, and the `fields` of the test."""
    return WidgetSpec(report, **(NEEDED[report] | fields))


NEEDED: dict[str, dict[str, Any]] = {
    "events": {"events": ("Signed up",)},
    "segmentation": {"events": ("Signed up",)},
    "sum": {"events": ("Order completed",), "property_name": "amount"},
    "average": {"events": ("Order completed",), "property_name": "amount"},
    "insights": {"metrics": (Metric("Signed up"),)},
    "saved_report": {"saved_report": 900_123},
    "funnel": {"funnel": 7_001, "chart": "funnel"},
    "retention": {"born_event": "Signed up", "chart": "cohort"},
    "frequency": {"events": ("Logged in",), "chart": "cohort"},
    "top_events": {"chart": "list"},
}


def engine_of(asked: WidgetSpec) -> str:
    """Returns `insights` for the report type `insights`, which needs this engine, and `classic` for all other types."""
    return INSIGHTS if asked.report == "insights" else CLASSIC


FILTERS = (Filter("plan", "is", "Team"), Filter("amount", "gt", 5), Filter("paid", "is_not", True))
FIXED = {"range": "fixed", "from_date": date(2026, 8, 31), "to_date": date(2026, 11, 1)}

SPECS: dict[str, WidgetSpec] = {
    **{f"{name}, plain": spec(name) for name in REPORT_TYPES},
    **{
        f"{name}, {chart}": spec(name, chart=chart, target=5)
        for name, report_type in REPORT_TYPES.items()
        for chart in report_type.charts
        if not (name == "average" and chart in ("number", "gauge")) and chart != "map"
    },
    **{
        f"{name} by {unit}": spec(name, unit=unit, last=3)
        for name in ("events", "segmentation", "sum", "funnel", "retention", "frequency")
        for unit in ("day", "week", "month")
    },
    **{
        f"{name}, {words}": spec(name, range=words)
        for name in ("events", "segmentation", "sum", "average", "funnel", "retention", "frequency")
        for words in ("week_to_date", "month_to_date", "quarter_to_date", "year_to_date", "last_week")
    },
    **{
        f"{name}, {words} by week": spec(name, range=words, unit="week")
        for name in ("events", "segmentation", "sum", "funnel", "retention", "frequency")
        for words in ("last_month", "last_quarter")
    },
    **{
        f"{name}, from one date to another": spec(name, **FIXED)
        for name in ("events", "segmentation", "sum", "average", "funnel", "retention", "frequency")
    },
    **{
        f"{name}, filtered": spec(name, filters=FILTERS, where='properties["plan"] != "Free"')
        for name in ("segmentation", "sum", "average", "funnel", "retention", "frequency")
    },
    **{
        f"{name}, compared{one}": spec(name, options={"comparison": True}, unit="week", last=2, chart=chart)
        for name in ("events", "segmentation", "sum")
        for one, chart in (("", "line"), (" as a number", "number"))
    },
    **{
        f"{name}, {measure}": spec(name, measure=measure)
        for name in ("events", "segmentation", "top_events")
        for measure in ("unique", "average")
    },
    **{
        f"{name}, one {measure}": spec(name, measure=measure, chart="number", options={"comparison": compared})
        for name in ("events", "segmentation")
        for measure, compared in (("unique", True), ("average", False))
    },
    "events, several": spec("events", events=("Signed up", "Logged in", 'A "quoted", \\ name')),
    "segmentation, breakdown": spec("segmentation", breakdown="plan", limit=7),
    "segmentation, breakdown, all": spec("segmentation", breakdown="plan", top=3, other=True),
    "segmentation, map": spec("segmentation", breakdown="mp_country_code", chart="map"),
    "segmentation, uniques by country": spec(
        "segmentation", breakdown="mp_country_code", chart="map", measure="unique", range="last_quarter"
    ),
    "segmentation, expression": spec("segmentation", breakdown='properties["a"] + properties["b"]'),
    "average, one day": spec("average", chart="number", last=1),
    "funnel, breakdown": spec("funnel", breakdown="$browser", chart="table", limit=9),
    "retention, returning": spec("retention", events=("Logged in",), intervals=12),
    "frequency, any event": spec("frequency", events=()),
    "top_events, few": spec("top_events", limit=10),
    "top_events, all": spec("top_events", top=5, other=True),
}


def report_of(asked: WidgetSpec, answer: Any, today: date = TODAY, engine: str = CLASSIC) -> Report:
    report_type = REPORT_TYPES[asked.report]
    return report_type.read(answer, report_type.query(asked, engine), today)


def csv(asked: WidgetSpec, answer: Any, today: date = TODAY) -> str:
    """The CSV of an answer after all steps: read, stored, loaded, cleaned, laid out and written."""
    return written(asked, Report.from_json(report_of(asked, answer, today).to_json())).decode()


def written(asked: WidgetSpec, report: Report) -> bytes:
    """The CSV of a report. Raises ReportError if the widget's chart can't show the report."""
    drawing = Drawing(asked.chart, "A widget", asked.colors, asked.target, asked.options)
    return write_csv(lay_out(view(report, asked).report, drawing))

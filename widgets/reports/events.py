"""Counts of one or several events: `/events`, or `/segmentation` for one bucket (see `one_bucket`)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from widgets.report import Report, Series
from widgets.reports import one_bucket
from widgets.reports.reading import of_events
from widgets.reports.report_type import (
    MEASURE_TYPES,
    RANGE_FIELDS,
    Query,
    ReportType,
    Request,
    calendar_of,
    common_params,
)
from widgets.spec import ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS, Problem, WidgetSpec

MOST_EVENTS = 100


class Events(ReportType):
    name: ClassVar[str] = "events"
    title: ClassVar[str] = "Events"
    about: ClassVar[str] = "How often one or several events happened: one line or slice for each event."
    fields: ClassVar[tuple[str, ...]] = ("events", "measure", *RANGE_FIELDS)
    charts: ClassVar[tuple[str, ...]] = (
        *TIME_SERIES_CHARTS,
        *(chart for chart in ONE_TOTAL_CHARTS if chart != "map"),
        "table",
    )
    compares: ClassVar[bool] = True

    def validate(self, spec: WidgetSpec) -> Iterator[Problem]:
        if len(spec.events) > MOST_EVENTS:
            yield Problem("events", f"At most {MOST_EVENTS} events fit into one widget.")
        if spec.one_total and spec.measure != "total" and len(spec.events) > 1:
            yield Problem(
                "measure",
                f"Mixpanel can't give one {spec.measure} over the whole range for several events in one query. "
                "Choose the measure total, one event, or a chart that shows the dates.",
            )

    def query(self, spec: WidgetSpec) -> Query:
        query = super().query(spec)
        if one_bucket.needed(spec):
            return query | one_bucket.query(spec)
        return query | {"events": sorted(set(spec.events)), "type": MEASURE_TYPES[spec.measure]}

    def request(self, query: Query, today: date) -> Request:
        if "one_bucket" in query:
            return one_bucket.request(query, today)
        params = common_params(query, today) | {
            "event": json.dumps(query["events"], ensure_ascii=False),
            "type": query["type"],
            "unit": query["range"]["unit"],
        }
        return Request("events", params)

    def read(self, answer: Any, query: Query, today: date) -> Report:
        if "one_bucket" in query:
            return one_bucket.read(answer, query, today)
        adds_up = query["type"] == "general"
        calendar, events = calendar_of(query, today), query["events"]
        found = of_events(events, calendar.series(answer, limit=len(events), adds_up=adds_up))
        zeros = tuple(0 for _ in calendar.buckets)
        return Report(
            "dates",
            calendar.buckets,
            tuple(Series(name, values or zeros) for name, values in found),
            additive=adds_up,
        )

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        """Puts the events into the widget's order. The stored report has them sorted, because widgets share it."""
        position = {name: i for i, name in enumerate(spec.events)}
        ordered = sorted(report.series, key=lambda s: position.get(s.label, len(position)))
        return super().view(replace(report, series=tuple(ordered)), spec)

    def adds_up(self, spec: WidgetSpec) -> bool:
        return spec.measure == "total"

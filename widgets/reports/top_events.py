"""The report type `top_events`: today's most frequent events, from the endpoint `/events/top`."""

from datetime import date
from typing import Any

from widgets.report import Report, Series, label
from widgets.reports.reading import check_labels, count, mapping, sequence, unreadable
from widgets.reports.report_type import MEASURE_TYPES, Query, ReportType, Request
from widgets.spec import WidgetSpec


class TopEvents(ReportType):
    name = "top_events"
    title = "Today's top events"
    about = "The events that happened most often today."
    fields = ("measure", "limit")
    charts = ("pie", "donut", "list", "table")
    usual_chart = "list"
    no_chart = "this report counts several events of one day"

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        every_event = spec.other and spec.top is not None
        return super().query(spec, engine) | {
            "type": MEASURE_TYPES[spec.measure],
            "limit": 10_000 if every_event else spec.limit,
        }

    def request(self, query: Query, today: date) -> Request:
        return Request("events/top", {"type": query["type"], "limit": query["limit"]})

    def read(self, answer: Any, query: Query, today: date) -> Report:
        found = sequence(mapping(answer, "events").get("events"), "events")
        check_labels(len(found), query["limit"])
        series = []
        for entry in found:
            event = mapping(entry, "an event")
            if not isinstance(event.get("event"), str):
                raise unreadable("an event's name is missing")
            series.append(Series(label(event["event"]), (count(event.get("amount")),)))
        return Report("total", ("",), tuple(series), additive=query["type"] == "general")

    def default_sort(self, spec: WidgetSpec) -> str:
        return "value"

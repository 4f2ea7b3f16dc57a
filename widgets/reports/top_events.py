"""Today's most frequent events: `/events/top`."""

from datetime import date
from typing import Any, ClassVar

from widgets.report import Report, Series, label
from widgets.reports.reading import check_labels, count, mapping, sequence, unreadable
from widgets.reports.report_type import MEASURE_TYPES, Kind, Question, Request
from widgets.spec import WidgetSpec


class TopEvents(Kind):
    name: ClassVar[str] = "top_events"
    title: ClassVar[str] = "Today's top events"
    about: ClassVar[str] = "The events that happened most often today."
    fields: ClassVar[tuple[str, ...]] = ("measure", "limit")
    charts: ClassVar[tuple[str, ...]] = ("pie", "donut", "list", "table")
    sort: ClassVar[str] = "value"

    def question(self, spec: WidgetSpec) -> Question:
        every_event = spec.other and spec.top is not None
        return super().question(spec) | {
            "type": MEASURE_TYPES[spec.measure],
            "limit": 10_000 if every_event else spec.limit,
        }

    def request(self, question: Question, today: date) -> Request:
        return Request("events/top", {"type": question["type"], "limit": question["limit"]})

    def read(self, answer: Any, question: Question, today: date) -> Report:
        found = sequence(mapping(answer, "events").get("events"), "events")
        check_labels(len(found), question["limit"])
        series = []
        for entry in found:
            event = mapping(entry, "an event")
            if not isinstance(event.get("event"), str):
                raise unreadable("an event's name is missing")
            series.append(Series(label(event["event"]), (count(event.get("amount")),)))
        return Report("total", ("",), tuple(series), additive=question["type"] == "general")

    def values_name(self, spec: WidgetSpec) -> str:
        return "Total"

    def adds_up(self, spec: WidgetSpec) -> bool:
        return spec.measure == "total"

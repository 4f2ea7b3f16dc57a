"""Combines several queries into one call of `/events` that has all their events and covers all their dates."""

import json
from datetime import date
from typing import Any

from widgets.report import label
from widgets.reports.batch import Batch, Cut
from widgets.reports.reading import CUSTOM_EVENT, ReadError, mapping, sequence
from widgets.reports.report_type import Query, Request, dates_of

MOST_EVENTS = 100
LONGEST_NAMES = 4000
"""The maximum number of characters of all event names together in a shared call. The call's URL contains these
names."""


class EventsBatch(Batch):
    def __init__(self, today: date) -> None:
        super().__init__(today)
        self._events: dict[str, None] = {}

    @classmethod
    def key(cls, query: Query) -> tuple[Any, ...] | None:
        # Mixpanel can answer with a custom event's name instead of its id (see CUSTOM_EVENT). In an answer with several
        # events, MixCyfe can't find out which id the name belongs to.
        if any(event.startswith(CUSTOM_EVENT) for event in query["events"]):
            return None
        return ("events", query["range"]["unit"], query["type"])

    def is_fixed(self, query: Query) -> bool:
        return False

    def has_room(self, query: Query) -> bool:
        events = {*self._events, *query["events"]}
        return len(events) <= MOST_EVENTS and sum(map(len, events)) <= LONGEST_NAMES

    @property
    def room(self) -> int:
        return MOST_EVENTS - len(self._events)

    def include(self, query: Query) -> None:
        self._events |= dict.fromkeys(query["events"])

    def request(self) -> Request:
        query = self.queries[0]
        params = {
            "from_date": self.first.isoformat(),
            "to_date": self.last.isoformat(),
            "unit": query["range"]["unit"],
            "type": query["type"],
            "event": json.dumps([*self._events], ensure_ascii=False),
        }
        return Request("events", params)

    def part(self, answer: Any, query: Query) -> Any:
        data = mapping(mapping(answer, "data").get("data"), "data")
        values = mapping(data.get("values"), "values")
        asked = {*map(label, self._events)}
        if foreign := [name for name in values if label(name) not in asked]:
            raise ReadError(
                f"Mixpanel answered for an event that the query did not ask for: “{label(foreign[0])[:100]}”."
            )
        own, cut = {*map(label, query["events"])}, Cut(self.calendar(), dates_of(query, self.today))
        series = cut.days(sequence(data.get("series", []), "series"))
        found = {name: cut.points(points) for name, points in values.items() if label(name) in own}
        cut.check()
        return {"data": {"series": series, "values": found}}

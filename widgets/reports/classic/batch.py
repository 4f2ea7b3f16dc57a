"""Several queries in one call of `/events`: the events and the dates of all."""

import json
from datetime import date
from typing import Any

from widgets.report import label
from widgets.reports.batch import Batch, cut
from widgets.reports.ranges import bucket_of
from widgets.reports.reading import CUSTOM_EVENT, ReadError, mapping, must_be_day, sequence
from widgets.reports.report_type import Query, Request, dates_of

MOST_EVENTS = 100
LONGEST_NAMES = 4000
"""Characters of all names in a shared call: they stand in its address."""


class EventsBatch(Batch):
    LONGEST_BY_DAY = 366

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self._events: dict[str, None] = {}

    @classmethod
    def key(cls, query: Query) -> tuple[Any, ...] | None:
        # Mixpanel may answer with the name of a custom event instead of its id, so only a single one is sure.
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
            raise ReadError(f"Mixpanel answered for another event: “{label(foreign[0])[:100]}”.")
        own, unit, dates = {*map(label, query["events"])}, query["range"]["unit"], dates_of(query, self.today)

        def points(found: Any) -> dict[str, Any]:
            named = mapping(found, "a series of dates")
            return cut(named, {key: bucket_of(must_be_day(key), unit) for key in named}, dates)

        days = {str(day): day for day in sequence(data.get("series", []), "series")}
        series = [day for key, day in days.items() if bucket_of(must_be_day(key), unit) in frozenset(dates.buckets)]
        return {
            "data": {"series": series, "values": {k: points(each) for k, each in values.items() if label(k) in own}}
        }

"""The base class of the report types `events` and `segmentation`: numbers of events or users, or averages per user."""

import json
from datetime import date
from typing import Any

from widgets.report import Report, Series
from widgets.reports.classic import one_bucket
from widgets.reports.either import AskedEitherWay
from widgets.reports.insights.bookmark import PER_PERSON, metric
from widgets.reports.reading import of_events
from widgets.reports.report_type import MEASURE_TYPES, Query, Request, calendar_of, params_of
from widgets.spec import WidgetSpec


class Counts(AskedEitherWay):
    compares = True

    def asked_events(self, spec: WidgetSpec) -> list[str]:
        return list(spec.events[:1])

    def metrics(self, spec: WidgetSpec) -> list[dict[str, Any]]:
        measure = PER_PERSON if spec.measure == "average" else spec.measure
        filters = spec.filters if "filters" in self.fields else ()
        return [metric(event, measure, filters=tuple(filters)) for event in self.asked_events(spec)]

    def classic_query(self, spec: WidgetSpec) -> Query:
        query = super().classic_query(spec) | {"type": MEASURE_TYPES[spec.measure]}
        if spec.one_total and spec.measure != "total":
            return query | {"event": spec.events[0], "one_bucket": True}
        return query | self.events_of(spec)

    def events_of(self, spec: WidgetSpec) -> Query:
        """The part of a query that names its events: `event` for `/segmentation`, `events` for `/events`."""
        return {"event": spec.events[0]}

    def classic_request(self, query: Query, today: date) -> Request:
        if "one_bucket" in query:
            return one_bucket.request(query, today)
        if "events" in query:
            return Request("events", params_of(query, today, event=json.dumps(query["events"], ensure_ascii=False)))
        return Request("segmentation", params_of(query, today))

    def classic_read(self, answer: Any, query: Query, today: date) -> Report:
        if "one_bucket" in query:
            return one_bucket.read(answer, query, today)
        adds_up = query["type"] == "general"
        calendar, events = calendar_of(query, today), query.get("events") or [query["event"]]
        found = calendar.series(answer, limit=query.get("limit", len(events)), adds_up=adds_up)
        zeros = tuple(0 for _ in calendar.buckets)
        series = tuple(
            Series(name, values or zeros) for name, values in (found if "on" in query else of_events(events, found))
        )
        return Report("dates", calendar.buckets, series, additive=adds_up)

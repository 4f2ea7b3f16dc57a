"""The report type `events`: counts of one or several events. The engine `classic` asks `/events`."""

from collections.abc import Iterator
from dataclasses import replace

from widgets.report import Report
from widgets.reports.batch import Batch
from widgets.reports.classic.batch import MOST_EVENTS, EventsBatch
from widgets.reports.counts import Counts
from widgets.reports.report_type import RANGE_FIELDS, Query
from widgets.spec import MEASURES, ONE_TOTAL_CHARTS, TIME_SERIES_CHARTS, Problem, WidgetSpec


class Events(Counts):
    name = "events"
    title = "Events"
    about = "How often one or several events happened: one line or slice for each event."
    fields = ("events", "measure", "overlay_previous", *RANGE_FIELDS)
    charts = (*TIME_SERIES_CHARTS, *(chart for chart in ONE_TOTAL_CHARTS if chart != "map"), "table")

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        yield from super().validate(spec, engine)
        if len(spec.events) > MOST_EVENTS:
            yield Problem("events", f"At most {MOST_EVENTS} events fit into one widget. Remove some events.")
        if spec.one_total and spec.measure != "total" and len(spec.events) > 1:
            yield Problem(
                "measure",
                f"“{MEASURES[spec.measure]}” of several events over the whole range needs more than one query, and a "
                "widget has only one. Choose the measure total, one event, or a chart that shows the dates.",
            )

    def asked_events(self, spec: WidgetSpec) -> list[str]:
        """Sorted and without duplicates, so that widgets with the same events have the same query."""
        return sorted(set(spec.events))

    def events_of(self, spec: WidgetSpec) -> Query:
        return {"events": self.asked_events(spec)}

    def batch(self, query: Query) -> type[Batch] | None:
        return EventsBatch if "events" in query else super().batch(query)

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        """Puts the events into the widget's order. The stored report has them in alphabetical order, because several
        widgets can share it."""
        position = {name: i for i, name in enumerate(spec.events)}
        ordered = sorted(report.series, key=lambda s: position.get(s.label, len(position)))
        return super().view(replace(report, series=tuple(ordered)), spec)

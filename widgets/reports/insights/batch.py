"""Combines several queries into one unsaved Insights report: Mixpanel counts up to 40 metrics as one query."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from widgets.reports.batch import Batch, Cut, Inexact
from widgets.reports.insights import bookmark, formulas
from widgets.reports.insights.bookmark import MOST_METRICS, MOST_SEGMENTS, asked_for
from widgets.reports.insights.tables import OVERALL
from widgets.reports.insights.unsaved import check_dates_asked, keys_of
from widgets.reports.notes import REMAINING, is_cut
from widgets.reports.ranges import Dates
from widgets.reports.reading import ReadError, mapping
from widgets.reports.report_type import Query, Request, dates_of

TRAILING = ("dau", "wau", "mau")
"""Measures that count, for each date, the users of the last 1, 7 or 30 days. Mixpanel does not document how it counts
these users on the first dates of a range."""


class InsightsBatch(Batch):
    """Queries that share one unsaved Insights report. The request has each metric only once, so formulas get the
    letters that their metrics have in the request."""

    def __init__(self, today: date) -> None:
        super().__init__(today)
        self._metrics: dict[str, dict[str, Any]] = {}
        self._formulas: list[str] = []

    @classmethod
    def key(cls, query: Query) -> tuple[Any, ...] | None:
        if "analysis" in query:
            return None
        return ("insights", query["range"]["unit"], query.get("breakdown", ""), bool(query.get("one_bucket")))

    def is_fixed(self, query: Query) -> bool:
        is_trailing = any(each["math"] in TRAILING for each in query["metrics"])
        return bool(query.get("one_bucket")) or query["range"]["unit"] == "hour" or is_trailing

    def has_room(self, query: Query) -> bool:
        new = {canonical(each) for each in asked_for(query)} - self._metrics.keys()
        return len(new) + len(query.get("formulas", ())) <= self.room

    @property
    def room(self) -> int:
        return MOST_METRICS - len(self._metrics) - len(self._formulas)

    def include(self, query: Query) -> None:
        for each in asked_for(query):
            self._metrics.setdefault(canonical(each), each)
        self._formulas += [each for each in self.formulas_of(query) if each not in self._formulas]

    def formulas_of(self, query: Query) -> list[str]:
        """The query's formulas, with the letters of the shared request."""
        places = [self.place(each) for each in query["metrics"]] if "formulas" in query else []
        return [formulas.moved(each, places) for each in query.get("formulas", ())]

    def place(self, metric: dict[str, Any]) -> int:
        return list(self._metrics).index(canonical(metric))

    def request(self) -> Request:
        query = self.queries[0]
        merged = {"range": query["range"], "metrics": [*self._metrics.values()], "formulas": self._formulas}
        merged |= {name: query[name] for name in ("breakdown", "one_bucket") if name in query}
        if query.get("one_bucket") and any(each.get("periods") == 2 for each in self.queries):
            merged["periods"] = 2
        return bookmark.request_for(merged, Dates(self.first, self.last, ()), hides_metrics=False)

    def part(self, answer: Any, query: Query) -> Any:
        body = mapping(answer, "series")
        series = mapping(body.get("series"), "series")
        asked = len(self._metrics) + len(self._formulas)
        keys = keys_of(body, series, asked)
        if keys is None or len(keys) != asked:
            raise ReadError(f"Mixpanel's answer does not name the {asked} metrics of the query.")
        check_dates_asked(body.get("date_range"), self.first, self.last, self.unit)
        wanted = [keys[self.place(each)] for each in asked_for(query)]
        if "formulas" in query:
            wanted = [keys[len(self._metrics) + self._formulas.index(each)] for each in self.formulas_of(query)]
        dates = dates_of(query, self.today)
        own = {key: mapping(each, "a metric") for key, each in renamed(series, wanted).items()}
        # Queries for one bucket or for hours all have the same dates: see `is_fixed`.
        if not query.get("one_bucket") and self.unit != "hour":
            cut = Cut(self.calendar(), dates)
            own = {key: on_dates(each, query, cut) for key, each in own.items()}
            cut.check()
        show = [{"metric_key": str(i)} for i in range(len(wanted))]
        found: dict[str, Any] = {
            "series": listed(own, query, body) if query.get("breakdown") else own,
            "meta": {**mapping(body.get("meta") or {}, "meta"), "report_sections": {"show": show}},
        }
        if self.unit != "hour":
            found["date_range"] = {"from_date": str(dates.first), "to_date": str(dates.last)}
        comparison = body.get("time_comparison")
        if isinstance(comparison, dict) and query.get("periods") == 2:
            earlier = mapping(comparison.get("series"), "the period before")
            found["time_comparison"] = {**comparison, "series": renamed(earlier, wanted)}
        return {**body, **found}


def on_dates(found: Mapping[str, Any], query: Query, cut: Cut) -> dict[str, Any]:
    """One metric's numbers on the query's dates. Like Mixpanel, leaves out breakdown values without numbers."""
    if not query.get("breakdown") and set(found) != {OVERALL}:
        return cut.points(found)
    own = {value: cut.points(points) for value, points in found.items()}
    return {value: points for value, points in own.items() if points or value == OVERALL}


def listed(found: Mapping[str, Mapping[str, Any]], query: Query, body: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps the breakdown values that Mixpanel would list for the query alone: those with events on the query's dates.
    The keys of `found` are the positions of the metrics or formulas in the query.

    Raises Inexact if Mixpanel's list is incomplete, or if the list has more values than the query's own limit.
    """
    if is_cut(body) or any(REMAINING in by for by in found.values()):
        raise Inexact("Mixpanel's list of breakdown values is incomplete.")
    metrics, kept = asked_for(query), set()
    for key, by in found.items():
        counts = "formulas" not in query and "property" not in metrics[int(key)]
        for value, points in by.items():
            if value != OVERALL and points and happened(mapping(points, "a series of dates"), counts=counts):
                kept.add(value)
    if len(kept) > query.get("limit", MOST_SEGMENTS):
        raise Inexact("The query's own limit allows fewer breakdown values than the answer has.")
    return {
        key: {value: each for value, each in by.items() if value in kept or value == OVERALL}
        for key, by in found.items()
    }


def happened(points: Mapping[str, Any], *, counts: bool) -> bool:
    """Whether a breakdown value has events in `points`. Raises Inexact if all numbers are 0 and the metric is not a
    count: a sum can be 0 although there are events."""
    if any(points.values()):
        return True
    if not counts:
        raise Inexact("A breakdown value has only zeros, and the answer does not say whether the value had events.")
    return False


def renamed(series: Mapping[str, Any], wanted: list[str]) -> dict[str, Any]:
    """The wanted metrics, with their positions ("0", "1", …) as keys. A metric without events is missing."""
    return {str(i): series[key] for i, key in enumerate(wanted) if key in series}


def canonical(metric: dict[str, Any]) -> str:
    return json.dumps(metric, sort_keys=True)

"""Combines several queries into one unsaved Insights report: Mixpanel counts up to 40 metrics as one query."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
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
        return bookmark.request_for(merged, Dates(self.first, self.last, self.first, ()), hides_metrics=False)

    def part(self, answer: Any, query: Query) -> Any:
        body = mapping(answer, "series")
        series = mapping(body.get("series"), "series")
        asked = len(self._metrics) + len(self._formulas)
        keys = keys_of(body, series, asked)
        if keys is None or len(keys) != asked:
            raise ReadError(f"Mixpanel's answer does not name the {asked} metrics of the query.")
        check_dates_asked(body.get("date_range"), self.first, self.last, self.unit)
        metrics = asked_for(query)
        wanted = [keys[self.place(each)] for each in metrics]
        if "formulas" in query:
            wanted = [keys[len(self._metrics) + self._formulas.index(each)] for each in self.formulas_of(query)]
        dates = dates_of(query, self.today)
        # Queries for one bucket or for hours all have the same dates: see `is_fixed`.
        has_others = not query.get("one_bucket") and self.unit != "hour"
        cut = Cut(self.calendar(), dates) if has_others else None
        part = Part(query, cut, counts=[*map(is_count, metrics)] if "formulas" not in query else [])
        found: dict[str, Any] = {
            "series": part.series(series, wanted, body),
            "meta": {**mapping(body.get("meta") or {}, "meta"), "report_sections": {"show": part.show(wanted)}},
        }
        if self.unit != "hour":
            found["date_range"] = {"from_date": str(dates.first), "to_date": str(dates.last)}
        comparison = body.get("time_comparison")
        if isinstance(comparison, dict) and query.get("periods") == 2:
            earlier = mapping(comparison.get("series"), "the period before")
            found["time_comparison"] = {**comparison, "series": renamed(earlier, wanted)}
        return {**body, **found}


@dataclass(frozen=True, slots=True)
class Part:
    """Derives one query's part from a shared answer.

    `cut`: None if the answer has only the query's own dates. `counts`: whether each metric is a count (see
    `is_count`); empty if the query has formulas.
    """

    query: Query
    cut: Cut | None
    counts: list[bool]

    def show(self, wanted: list[str]) -> list[dict[str, str]]:
        return [{"metric_key": str(i)} for i in range(len(wanted))]

    def series(self, series: Mapping[str, Any], wanted: list[str], body: Mapping[str, Any]) -> dict[str, Any]:
        """The numbers of the wanted metrics on the query's dates. The keys are the metrics' positions in the query."""
        found = {key: mapping(each, "a metric") for key, each in renamed(series, wanted).items()}
        if self.cut is not None:
            found = {key: self.own(each, self.cut) for key, each in found.items()}
            self.cut.check()
        return self.values(found, body) if self.query.get("breakdown") else found

    def own(self, found: Mapping[str, Any], cut: Cut) -> dict[str, Any]:
        """One metric's numbers on the query's dates. Like Mixpanel, leaves out breakdown values without numbers."""
        if not self.query.get("breakdown") and set(found) != {OVERALL}:
            return cut.points(found)
        own = {value: cut.points(points) for value, points in found.items()}
        return {value: points for value, points in own.items() if points or value == OVERALL}

    def values(self, found: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """Keeps the breakdown values that Mixpanel would list for the query alone: those with events on the query's
        dates.

        Raises Inexact if Mixpanel's list is incomplete, or if the list has more values than the query's own limit.
        """
        if is_cut(body) or any(REMAINING in by for by in found.values()):
            raise Inexact("Mixpanel's list of breakdown values is incomplete.")
        seen: dict[str, list[bool]] = {}
        for key, by in found.items():
            for value, points in by.items():
                if value != OVERALL and points:
                    counts = self.counts[int(key)] if self.counts else False
                    seen.setdefault(value, []).append(happened(points, counts=counts))
        kept = {value for value, happens in seen.items() if any(happens)}
        if len(kept) > self.query.get("limit", MOST_SEGMENTS):
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


def is_count(metric: dict[str, Any]) -> bool:
    return "property" not in metric


def canonical(metric: dict[str, Any]) -> str:
    return json.dumps(metric, sort_keys=True)

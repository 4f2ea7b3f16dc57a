"""Batches: one call to Mixpanel that answers several queries.

Queries with the same `batch_key` may share a call. A batch takes a query only if each of the query's cells is in the
batch's answer, with the value that the query alone would get. `part` gives the answer that Mixpanel would give to one
query alone, so a report type reads it as any other answer.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from widgets.reports.ranges import DAY, LONGEST_BY_DAY, Dates, bucket_of, buckets_between, next_bucket
from widgets.reports.reading import Calendar, ReadError, mapping
from widgets.reports.report_type import Query, Request, dates_of


class Inexact(ReadError):
    """The batch's answer does not tell what Mixpanel would answer to the query alone."""


class Span(NamedTuple):
    """The dates that a query asks for. `may_begin_earlier`, `may_end_later`: whether the query's cells
    stay the same if the request also has earlier or later dates."""

    first: date
    last: date
    may_begin_earlier: bool
    may_end_later: bool

    def fits(self, first: date, last: date) -> bool:
        begins = first == self.first or (self.may_begin_earlier and first < self.first)
        return begins and (last == self.last or (self.may_end_later and last > self.last))


def span_of(dates: Dates, unit: str, *, is_fixed: bool) -> Span:
    """`is_fixed`: the query's cells depend on the whole range. Cells of a bucket that the range cuts always do."""
    begins = not is_fixed and bucket_of(dates.first, unit) == dates.first
    ends = not is_fixed and next_bucket(bucket_of(dates.last, unit), unit) - DAY == dates.last
    return Span(dates.first, dates.last, begins, ends)


class Batch(ABC):
    """Queries with the same batch key, which share one call. A subclass writes the request and splits the answer."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.queries: list[Query] = []
        self._spans: set[Span] = set()

    @classmethod
    @abstractmethod
    def key(cls, query: Query) -> tuple[Any, ...] | None:
        """The properties that are equal in all queries of one call; None if this query is asked alone."""

    @abstractmethod
    def is_fixed(self, query: Query) -> bool:
        """Whether the query's cells depend on the whole range, so that a longer range gives other cells."""

    @abstractmethod
    def has_room(self, query: Query) -> bool:
        """Whether the request can hold this query, too."""

    @property
    @abstractmethod
    def room(self) -> int:
        """The number of metrics or events that the request can still hold."""

    @abstractmethod
    def include(self, query: Query) -> None: ...

    @abstractmethod
    def request(self) -> Request: ...

    @abstractmethod
    def part(self, answer: Any, query: Query) -> Any:
        """The answer that Mixpanel would give to `query` alone. Raises Inexact if the batch's
        answer does not tell it, and ReadError if that answer can't be read."""

    @property
    def first(self) -> date:
        return min(each.first for each in self._spans)

    @property
    def last(self) -> date:
        return max(each.last for each in self._spans)

    @property
    def unit(self) -> str:
        unit: str = self.queries[0]["range"]["unit"]
        return unit

    def calendar(self) -> Calendar:
        """The Calendar of the whole answer."""
        buckets = buckets_between(bucket_of(self.first, self.unit), self.last, self.unit)
        return Calendar(Dates(self.first, self.last, self.first, tuple(buckets)), self.unit)

    def add(self, query: Query) -> bool:
        """Adds a query of the same key if it fits; else returns False. The first query always fits."""
        spans = self._spans | {self.span(query)}
        if self.queries and not (self._dates_fit(spans, query) and self.has_room(query)):
            return False
        self._spans = spans
        self.queries.append(query)
        self.include(query)
        return True

    def span(self, query: Query) -> Span:
        dates = dates_of(query, self.today)
        if "one_bucket" in query:
            dates = dates._replace(first=dates.current)
        return span_of(dates, query["range"]["unit"], is_fixed=self.is_fixed(query))

    def _dates_fit(self, spans: set[Span], query: Query) -> bool:
        first, last = min(each.first for each in spans), max(each.last for each in spans)
        too_long = query["range"]["unit"] == "day" and (last - first).days >= LONGEST_BY_DAY
        return all(each.fits(first, last) for each in spans) and not too_long


class Cut:
    """Cuts one query's dates out of a batch's answer. `whole`: the dates of the batch."""

    def __init__(self, whole: Calendar, own: Dates) -> None:
        self._whole, self._own = whole, frozenset(own.buckets)
        self._seen: set[date] = set()

    def points(self, points: Any) -> dict[str, Any]:
        """The `{date: n}` of the query's own dates."""
        named = mapping(points, "a series of dates")
        buckets = {key: self._whole.bucket(key) for key in named}
        self._whole.check_part(buckets.values())
        self._seen.update(buckets.values())
        return {key: n for key, n in named.items() if buckets[key] in self._own}

    def days(self, named: Iterable[Any]) -> list[Any]:
        """The days of a list that are the query's own."""
        self._whole.check_named(named := [*named])
        return [day for day in named if self._whole.bucket(str(day)) in self._own]

    def check(self) -> None:
        """Raises ReadError if no point has a date of the batch. Without the check, the query would get only zeros."""
        self._whole.check(self._seen)

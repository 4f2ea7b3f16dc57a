"""A Batch combines several queries into one call to Mixpanel and splits the answer.

All queries of a Batch have the same batch key. A Batch accepts a query only if the shared call gives the same numbers
as a separate call. A report type reads the result of `Batch.part` like the answer to a separate call.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from widgets.reports.ranges import DAY, LONGEST_BY_DAY, Dates, bucket_of, buckets_between, next_bucket
from widgets.reports.reading import Calendar, ReadError, mapping
from widgets.reports.report_type import Query, Request, dates_of


class Inexact(ReadError):
    """A shared answer is not detailed enough to derive one query's own answer."""


class Span(NamedTuple):
    """A query's first and last day, and whether a request that begins earlier or ends later gives the same numbers."""

    first: date
    last: date
    may_begin_earlier: bool
    may_end_later: bool

    def fits(self, first: date, last: date) -> bool:
        return (self.may_begin_earlier or first == self.first) and (self.may_end_later or last == self.last)


class Batch(ABC):
    """Queries with the same batch key, which share one call. A subclass writes the request and splits the answer."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.queries: list[Query] = []
        self._spans: set[Span] = set()

    @classmethod
    @abstractmethod
    def key(cls, query: Query) -> tuple[Any, ...] | None:
        """The batch key: queries with equal keys can share a call. None if the query can't share a call."""

    @abstractmethod
    def is_fixed(self, query: Query) -> bool:
        """Whether the request must have exactly the query's dates."""

    @abstractmethod
    def has_room(self, query: Query) -> bool: ...

    @property
    @abstractmethod
    def room(self) -> int:
        """The number of metrics and formulas, or of events, that can still be added to the request."""

    @abstractmethod
    def include(self, query: Query) -> None: ...

    @abstractmethod
    def request(self) -> Request: ...

    @abstractmethod
    def part(self, answer: Any, query: Query) -> Any:
        """The answer that Mixpanel would give to `query` alone.

        Raises Inexact if the shared `answer` is not detailed enough. Raises ReadError if `answer` can't be read.
        """

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
        """The Calendar of all dates of the shared answer."""
        buckets = buckets_between(self.first, self.last, self.unit)
        return Calendar(Dates(self.first, self.last, tuple(buckets)), self.unit)

    def add(self, query: Query) -> bool:
        """Adds a query with the batch's key if it fits. Returns whether it fits. The first query always fits."""
        spans = self._spans | {self.span(query)}
        if self.queries and not (self._dates_fit(spans, query) and self.has_room(query)):
            return False
        self._spans = spans
        self.queries.append(query)
        self.include(query)
        return True

    def span(self, query: Query) -> Span:
        """The query's dates. If the last day is inside a bucket (such as a week), the request can't end later, because
        that bucket's number would change."""
        dates, unit, is_free = dates_of(query, self.today), query["range"]["unit"], not self.is_fixed(query)
        ends_a_bucket = next_bucket(bucket_of(dates.last, unit), unit) - DAY == dates.last
        return Span(dates.first, dates.last, may_begin_earlier=is_free, may_end_later=is_free and ends_a_bucket)

    def _dates_fit(self, spans: set[Span], query: Query) -> bool:
        first, last = min(each.first for each in spans), max(each.last for each in spans)
        too_long = query["range"]["unit"] == "day" and (last - first).days >= LONGEST_BY_DAY
        return all(each.fits(first, last) for each in spans) and not too_long


class Cut:
    """Selects the dates `own` of one query from a shared answer with the dates `whole`."""

    def __init__(self, whole: Calendar, own: Dates) -> None:
        self._whole, self._own = whole, frozenset(own.buckets)
        self._seen: set[date] = set()

    def points(self, points: Any) -> dict[str, Any]:
        """The entries of `points` (a `{date: number}` of the answer) on the query's dates."""
        named = mapping(points, "a series of dates")
        buckets = {key: self._whole.bucket(key) for key in named}
        self._whole.check_part(buckets.values())
        self._seen.update(buckets.values())
        return {key: n for key, n in named.items() if buckets[key] in self._own}

    def days(self, named: Iterable[Any]) -> list[Any]:
        """The days in the answer's list `named` that belong to the query."""
        self._whole.check_named(named := [*named])
        return [day for day in named if self._whole.bucket(str(day)) in self._own]

    def check(self) -> None:
        """Raises ReadError if the numbers have other dates than the shared call: the query would get only zeros."""
        self._whole.check(self._seen)

"""Computes the cells of an unsaved report.

A cell is the number of one metric or formula for one breakdown value and one bucket, for example a day.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from statistics import fmean as mean

from fake_mixpanel import counts, dataset, metrics
from fake_mixpanel.bookmark import Bookmark
from fake_mixpanel.buckets import buckets
from fake_mixpanel.conditions import joined
from fake_mixpanel.formulas import Formula
from fake_mixpanel.metrics import Metric, Number
from fake_mixpanel.query import Query
from fake_mixpanel.segments import largest

Cells = dict[str, Number]

OVERALL, REMAINING = "$overall", "$remaining_values"


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one metric or formula: breakdown value → bucket → number.

    Without a breakdown, the only value is `$overall`. For a metric, `kept` has the breakdown values that are within the
    report's limit. `is_cut` is true if there are more values than the limit.
    """

    cells: dict[str, Cells] = field(default_factory=dict)
    kept: Sequence[str] = ()
    is_cut: bool = False


class Grid:
    """Computes the cells of a report for some days. `keys` has the names of the buckets, in ascending order."""

    def __init__(self, query: Query, report: Bookmark, days: list[date]) -> None:
        self.query, self.report, self.days = query, report, days
        self.is_hourly = report.is_dated and report.unit == "hour"
        self.buckets: dict[str, list[date]] = {"all": days}
        if report.is_dated:
            self.buckets = {query.stamp(first): some for first, some in buckets(days, report.unit).items()}
        self.keys = list(self.buckets)
        if self.is_hourly:
            self.keys = [at.isoformat() for day in days for at in hours_of(query, day) if at <= query.now]

    def column(self, metric: Metric, kept: Sequence[str] | None = None) -> Column:
        """Returns the cells of a metric for the breakdown values `kept` (by default, those with the most events)."""
        event, group = metric.event, self.report.group
        if not event:
            return Column()
        needed = sorted({*metrics.days_of(metric.math, self.days[:1]), *self.days})
        where = joined(*self.report.where, *metric.where)
        whole = self.query.daily(event, needed, where)
        if not group:
            return Column(_filled({OVERALL: self._cells(metric, event, whole)}))
        parts = counts.by_value(event, group, dataset.shares(event, group), whole)
        shown = {value: {day: n for day, n in daily.items() if day >= self.days[0]} for value, daily in parts.items()}
        there = {value: daily for value, daily in shown.items() if daily}
        if kept is None:
            kept = tuple(largest(there, self.report.limit))
        cells = {OVERALL: self._cells(metric, event, whole)}
        cells |= {value: self._cells(metric, event, parts[value], value) for value in kept if value in parts}
        rest = added(parts[value] for value in there if value not in kept)
        if rest:
            cells[REMAINING] = self._cells(metric, event, rest)
        return Column(_filled(cells), kept, bool(rest))

    def formula(self, formula: Formula, columns: dict[str, Column]) -> Column:
        """Returns the cells of a formula. `columns` has the cells of each metric, by the metric's letter."""
        used = [columns[letter] for letter in sorted(formula.letters)]
        if not used:
            constant = formula.value({})
            return Column() if constant is None else Column({OVERALL: dict.fromkeys(self.keys, constant)})
        found: dict[str, Cells] = {}
        for value in dict.fromkeys(value for column in used for value in column.cells):
            given = {letter: column.cells.get(value, {}) for letter, column in columns.items()}
            there = {key for letter in formula.letters for key in given[letter]}
            computed = {
                key: formula.value({letter: cells[key] for letter, cells in given.items() if key in cells})
                for key in self.keys
                if key in there
            }
            found[value] = {key: number for key, number in computed.items() if number is not None}
        return Column(_filled(found), is_cut=any(column.is_cut for column in used))

    def _cells(self, metric: Metric, event: dataset.Event, daily: counts.Daily, value: str = "") -> Cells:
        by_bucket = self._hourly(metric, event, daily) if self.is_hourly else self._daily(metric, daily)
        found: Cells = {}
        for key, counted in by_bucket:
            if (number := metrics.number(metric, event, counted, value)) is not None:
                found[key] = number
        return self._analysed(found) if self.report.is_dated else found

    def _daily(self, metric: Metric, daily: counts.Daily) -> Iterator[tuple[str, counts.Daily]]:
        for key, some in self.buckets.items():
            days = metrics.days_of(metric.math, some)
            yield key, {day: daily[day] for day in days if day in daily}

    def _hourly(self, metric: Metric, event: dataset.Event, daily: counts.Daily) -> Iterator[tuple[str, counts.Daily]]:
        """Yields, for each hour, its name and the number of events per day that count for the hour.

        If the clocks go back, one hour occurs twice, and only its second occurrence has events. If the clocks go
        forward, one hour is missing, and its events count for the hour before.
        """
        for day in self.days:
            spread = counts.by_hour(daily.get(day, 0), event.name, day)
            hours = hours_of(self.query, day)
            ends = [*(at.hour for at in hours[1:]), 24]
            days = metrics.days_of(metric.math, [day])
            before = {other: daily[other] for other in days[:-1] if other in daily}
            for at, end in zip(hours, ends, strict=True):
                begin = 0 if metric.math in metrics.TRAILING else at.hour
                if at <= self.query.now:
                    yield at.isoformat(), before | {day: sum(spread[begin:end])}

    def _analysed(self, cells: Cells) -> Cells:
        """Applies the report's analysis: sums of all buckets so far, or means of the last `window` buckets."""
        if self.report.analysis == "linear":
            return cells
        values = [cells.get(key, 0) for key in self.keys]
        if self.report.analysis == "cumulative":
            found = list(accumulate(values))
        else:
            ends = range(1, len(values) + 1)
            found = [mean(values[max(0, end - self.report.window) : end]) for end in ends]
        return {key: number for key, number in zip(self.keys, found, strict=True) if number}


def hours_of(query: Query, day: date) -> list[datetime]:
    """Returns the start of every hour of a day in the project's time zone: 23 to 25 hours, because clocks change."""
    begin, end = (datetime.combine(day + timedelta(days=n), time(), query.now.tzinfo).astimezone(UTC) for n in (0, 1))
    number = round((end - begin).total_seconds()) // 3600
    return [(begin + timedelta(hours=hour)).astimezone(query.now.tzinfo) for hour in range(number)]


def added(parts: Iterator[counts.Daily]) -> counts.Daily:
    total: counts.Daily = {}
    for daily in parts:
        for day, number in daily.items():
            total[day] = total.get(day, 0) + number
    return total


def _filled(cells: dict[str, Cells]) -> dict[str, Cells]:
    return {value: found for value, found in cells.items() if found}

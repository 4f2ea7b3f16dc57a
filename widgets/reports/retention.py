"""Retention (`/retention`) and frequency (`/retention/addiction`): one row a cohort, one column an interval."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from widgets.report import Report, Series, Value, number
from widgets.spec import Problem, WidgetSpec

from .kind import FILTER_FIELDS, RANGE_FIELDS, Kind, Question, Request, common_params, dates_of
from .ranges import bucket_of, next_bucket
from .reading import day, mapping, sequence

USERS = "Users"
MOST_INTERVALS = 90


class Cohorts(Kind):
    """What the two share: rows of dates, columns of counts, as numbers or in percent."""

    charts: ClassVar[tuple[str, ...]] = ("cohort", "table")

    def question(self, spec: WidgetSpec) -> Question:
        question = super().question(spec)
        return question | {"event": spec.events[0]} if spec.events else question

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        report = super().view(report, spec)
        return percent(report) if spec.percent else report


class Retention(Cohorts):
    name: ClassVar[str] = "retention"
    title: ClassVar[str] = "Retention"
    about: ClassVar[str] = "Of the people who did something for the first time, how many came back."
    fields: ClassVar[tuple[str, ...]] = ("born_event", "events", "intervals", *FILTER_FIELDS, *RANGE_FIELDS)

    def problems(self, spec: WidgetSpec) -> Iterator[Problem]:
        if not 1 <= spec.intervals <= MOST_INTERVALS:
            yield Problem("intervals", f"Enter a number of columns from 1 to {MOST_INTERVALS}.")

    def question(self, spec: WidgetSpec) -> Question:
        return super().question(spec) | {"born_event": spec.born_event, "intervals": spec.intervals}

    def request(self, question: Question, today: date) -> Request:
        params = common_params(question, today) | {
            "retention_type": "birth",
            "born_event": question["born_event"],
            "unit": question["range"]["unit"],
            "interval_count": question["intervals"],
        }
        if event := question.get("event"):
            params["event"] = event
        return Request("retention", params)

    def read(self, answer: Any, question: Question, today: date) -> Report:
        """Columns `Users`, then `0`, `1`, …; None in an interval that has not begun by `today`."""
        body = mapping(answer, "cohorts")
        # The documented answer has the dates at the top; `data` around them was seen at other endpoints.
        cohorts = body.get("data", body)
        unit = question["range"]["unit"]
        rows = {}
        for key, entry in mapping(cohorts, "cohorts").items():
            if (at := day(key)) is not None:
                rows[bucket_of(at, unit)] = mapping(entry, "a cohort")
        buckets = dates_of(question, today).buckets
        width = question["intervals"]
        table = [cohort_row(rows.get(bucket, {}), bucket, unit, width, today) for bucket in buckets]
        names = [USERS, *map(str, range(width))]
        return Report("dates", buckets, tuple(map(Series, names, columns(table, width + 1))))


class Frequency(Cohorts):
    name: ClassVar[str] = "frequency"
    title: ClassVar[str] = "Frequency"
    about: ClassVar[str] = "In how many hours of a day, or days of a week or month, people did something."
    fields: ClassVar[tuple[str, ...]] = ("events", *FILTER_FIELDS, *RANGE_FIELDS)

    def request(self, question: Question, today: date) -> Request:
        unit = question["range"]["unit"]
        params = common_params(question, today) | {
            "unit": unit,
            "addiction_unit": "hour" if unit == "day" else "day",
        }
        if event := question.get("event"):
            params["event"] = event
        return Request("retention/addiction", params)

    def read(self, answer: Any, question: Question, today: date) -> Report:
        """Columns `1`, `2`, …: people who did it in at least so many hours or days."""
        unit = question["range"]["unit"]
        most = {"day": 24, "week": 7, "month": 31}[unit]
        rows = {}
        for key, counts in mapping(mapping(answer, "data").get("data"), "data").items():
            if (at := day(key)) is not None:
                rows[bucket_of(at, unit)] = [number(n) for n in sequence(counts, "a row of counts")][:most]
        buckets = dates_of(question, today).buckets
        width = max((len(row) for row in rows.values()), default=0) or most
        table: list[list[Value]] = [[n or 0 for n in rows.get(bucket, [])] for bucket in buckets]
        padded: list[list[Value]] = [[*row, *[0] * (width - len(row))] for row in table]
        names = [str(i + 1) for i in range(width)]
        return Report("dates", buckets, tuple(map(Series, names, columns(padded, width))))


def cohort_row(cohort: Any, begin: date, unit: str, width: int, today: date, *, missing: Value = 0) -> list[Value]:
    """Size, then a count an interval: `missing` where the answer ends before, None where `today` does."""
    counts = sequence(cohort.get("counts", []), "a cohort's counts")
    row: list[Value] = [number(cohort.get("first")) or 0]
    for i in range(width):
        if begin > today:
            return [*row, *[None] * (width - i)]
        row.append(number(counts[i]) or 0 if i < len(counts) else missing)
        begin = next_bucket(begin, unit)
    return row


def columns(table: list[list[Value]], width: int) -> list[tuple[Value, ...]]:
    return [tuple(row[i] for row in table) for i in range(width)]


def percent(report: Report) -> Report:
    """Counts as percentages of the cohort's size: the column Users, else the first (who did it at all)."""
    if not report.series:
        return report
    sizes = report.series[0].values
    return replace(
        report,
        series=tuple(
            column if column.label == USERS else replace(column, values=tuple(map(share, column.values, sizes)))
            for column in report.series
        ),
    )


def share(value: Value, size: Value) -> Value:
    return None if value is None else number(round(100 * value / size, 4)) if size else 0

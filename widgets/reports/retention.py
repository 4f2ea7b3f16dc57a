"""The report types `retention` (endpoint `/retention`) and `frequency` (endpoint `/retention/addiction`). A report has
one row per cohort: the people of one day, week or month."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from widgets.report import Number, Report, Series, Value
from widgets.reports.ranges import next_bucket
from widgets.reports.reading import amount, count, day, mapping, percentage, sequence, unreadable
from widgets.reports.report_type import FILTER_FIELDS, RANGE_FIELDS, Query, ReportType, Request, calendar_of, params_of
from widgets.spec import Problem, WidgetSpec

USERS = "Users"
MOST_INTERVALS = 90


class Cohorts(ReportType):
    """The base class of retention and frequency. The columns have counts or percentages."""

    charts = ("cohort", "table")
    usual_chart = "cohort"
    no_chart = "each cohort needs a row of its own"

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        query = super().query(spec, engine)
        return query | {"event": spec.events[0]} if spec.events else query

    def view(self, report: Report, spec: WidgetSpec) -> Report:
        report = super().view(report, spec)
        return percent(report) if spec.percent else report


class Retention(Cohorts):
    name = "retention"
    title = "Retention"
    about = "How many people came back after they did something for the first time."
    fields = ("born_event", "events", "intervals", *FILTER_FIELDS, *RANGE_FIELDS)

    def validate(self, spec: WidgetSpec, engine: str) -> Iterator[Problem]:
        if not 1 <= spec.intervals <= MOST_INTERVALS:
            yield Problem("intervals", f"Enter a number of columns from 1 to {MOST_INTERVALS}.")

    def query(self, spec: WidgetSpec, engine: str) -> Query:
        return super().query(spec, engine) | {"born_event": spec.born_event, "intervals": spec.intervals}

    def request(self, query: Query, today: date) -> Request:
        params = params_of(query, today, retention_type="birth", interval_count=query["intervals"])
        return Request("retention", params)

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """The columns are `Users` (the size of the cohort), `0`, `1`, … (the people who came back in that interval: see
        `cohort_row`). A cohort that is missing in the answer has no users."""
        body = mapping(answer, "cohorts")
        # The documented answer has the dates at the top level. Other endpoints put them into `data`.
        cohorts = mapping(body.get("data", body), "cohorts")
        calendar = calendar_of(query, today)
        rows = {bucket: mapping(entry, "a cohort") for bucket, entry in calendar.rows(cohorts).items()}
        unit, width = calendar.unit, query["intervals"]
        table = [
            cohort_row(rows.get(at, NO_USERS), at, unit, width, today, missing=None if at in rows else 0)
            for at in calendar.buckets
        ]
        names = [USERS, *map(str, range(width))]
        return Report("dates", calendar.buckets, tuple(map(Series, names, columns(table, width + 1))))


class Frequency(Cohorts):
    name = "frequency"
    title = "Frequency"
    about = "How often people did something: in how many hours of a day, or on how many days of a week or month."
    fields = ("events", *FILTER_FIELDS, *RANGE_FIELDS)

    def request(self, query: Query, today: date) -> Request:
        hours_or_days = "hour" if query["range"]["unit"] == "day" else "day"
        return Request("retention/addiction", params_of(query, today, addiction_unit=hours_or_days))

    def read(self, answer: Any, query: Query, today: date) -> Report:
        """The columns are `1`, `2`, …: the people who did the event in at least 1, 2, … hours or days."""
        calendar = calendar_of(query, today)
        most = {"day": 24, "week": 7, "month": 31}[calendar.unit]
        rows: dict[date, list[Number]] = {}
        for bucket, entry in calendar.rows(people_by_date(answer)).items():
            counts = [count(n) for n in sequence(entry, "a row of counts")][:most]
            if not counts:
                raise unreadable("a row of counts is empty")
            rows[bucket] = counts
        width = max((len(row) for row in rows.values()), default=most)
        zeros: list[Value] = [0] * width
        padded = [[*rows.get(bucket, zeros), *zeros][:width] for bucket in calendar.buckets]
        names = [str(i + 1) for i in range(width)]
        return Report("dates", calendar.buckets, tuple(map(Series, names, columns(padded, width))))


def people_by_date(answer: Any) -> Mapping[str, Any]:
    """The counts of each date: in `data`, as in Mixpanel's OpenAPI description, or at the top level, as in its
    documentation."""
    body = mapping(answer, "data")
    return body if body and all(map(day, body)) else mapping(body.get("data"), "data")


NO_USERS: Mapping[str, Any] = {"first": 0, "counts": []}


def cohort_row(
    cohort: Mapping[str, Any], begin: date, unit: str, width: int, today: date, *, missing: Value = None
) -> list[Value]:
    """The cohort's size, then one count per interval: None for an interval that begins after `today`, and `missing` for
    any other missing count."""
    counts = sequence(cohort.get("counts"), "a cohort's counts")
    row: list[Value] = [count(cohort.get("first"))]
    for i in range(width):
        if begin > today:
            return [*row, *[None] * (width - i)]
        row.append(amount(counts[i]) if i < len(counts) else missing)
        begin = next_bucket(begin, unit)
    return row


def columns(table: list[list[Value]], width: int) -> list[tuple[Value, ...]]:
    return [tuple(row[i] for row in table) for i in range(width)]


def percent(report: Report) -> Report:
    """Turns counts into percentages of the first column, the cohort's size. A column `Users` keeps its counts."""
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
    return None if value is None else percentage(value, size) if size else 0

"""Queries for unique users or averages over a whole range. Daily values can't be added up, so the query asks for one
bucket that spans the range.

`/segmentation` accepts `interval` (a number of days) instead of `unit`. Mixpanel does not document the first day of
that bucket; this module assumes `from_date`.
"""

from datetime import date
from typing import Any

from widgets.report import Number, Report, Series
from widgets.reports.ranges import DAY, Dates
from widgets.reports.reading import ReadError, amount, dates_and_labels, mapping, must_be_day, of_events
from widgets.reports.report_type import Query, Request, dates_of, params_of


def request(query: Query, today: date) -> Request:
    dates = dates_of(query, today)
    params = params_of(query, today, from_date=first_day(dates, query).isoformat(), interval=dates.days)
    del params["unit"]
    return Request("segmentation", params)


def first_day(dates: Dates, query: Query) -> date:
    """The first day of the range, or of the period before if the query also asks for that period."""
    return dates.before if query.get("periods") == 2 else dates.first


def read(answer: Any, query: Query, today: date) -> Report:
    """One row of totals. If the query also asks for the period before, `previous` has that period's value."""
    dates = dates_of(query, today)
    first, compares = first_day(dates, query), query.get("periods") == 2
    named, found = dates_and_labels(answer, query.get("limit", 1))
    if "on" not in query:
        found = [(name, points or {}) for name, points in of_events([query["event"]], found)]
    keys = {*map(str, named), *(key for _, points in found for key in mapping(points, "a series of dates"))}
    days = {key: must_be_day(key) for key in keys}
    for at in days.values():
        if not first - dates.days * DAY < at <= dates.last + DAY:
            raise ReadError(
                f"Mixpanel answered for other dates ({at}) than the query asked for ({first} to {dates.last})."
            )
    series = []
    for name, points in found:
        now: list[Number] = []
        before: list[Number] = []
        for key, value in points.items():
            if (n := amount(value)) is not None:
                (before if compares and days[key] < dates.first else now).append(n)
        if len(now) > 1 or len(before) > 1:
            raise ReadError(
                "Mixpanel answered with several values, and the query asked for one value for the whole range."
            )
        previous = (before or [0])[0] if compares else None
        series.append(Series(name, ((now or [0])[0],), previous))
    return Report("total", ("",), tuple(series))

"""One total of uniques or averages over a whole range: they don't add up, so Mixpanel is asked for one bucket.

`/segmentation` takes `interval` (a number of days) in place of `unit`. How Mixpanel aligns that bucket is
documented nowhere; that it begins with `from_date` is assumed here and nowhere else.
"""

from datetime import date, timedelta
from typing import Any

from widgets.report import Number, Report, Series
from widgets.reports.ranges import DAY, Dates
from widgets.reports.reading import ReadError, amount, counted, mapping, must_be_day, of_events
from widgets.reports.report_type import MEASURE_TYPES, Query, Request, common_params, dates_of
from widgets.spec import WidgetSpec


def needed(spec: WidgetSpec) -> bool:
    return spec.one_total and spec.measure != "total"


def query(spec: WidgetSpec) -> Query:
    return {"event": spec.events[0], "type": MEASURE_TYPES[spec.measure], "one_bucket": True}


def request(query: Query, today: date) -> Request:
    dates = dates_of(query | {"periods": 1}, today)
    params = common_params(query, today) | {
        "event": query["event"],
        "type": query["type"],
        "from_date": first_day(dates, query).isoformat(),
        "interval": dates.days,
    }
    if on := query.get("on"):
        params |= {"on": on, "limit": query["limit"]}
    return Request("segmentation", params)


def first_day(dates: Dates, query: Query) -> date:
    """Of the range, or of the one before where that is asked for too."""
    return dates.first - timedelta(days=dates.days * (query.get("periods", 1) - 1))


def read(answer: Any, query: Query, today: date) -> Report:
    """A report of one row; the bucket before, where it was asked for, becomes each series' `previous`."""
    dates = dates_of(query | {"periods": 1}, today)
    first, compares = first_day(dates, query), query.get("periods") == 2
    named, found = counted(answer, query.get("limit", 1))
    if "on" not in query:
        found = [(name, points or {}) for name, points in of_events([query["event"]], found)]
    keys = {*map(str, named), *(key for _, points in found for key in mapping(points, "a series of dates"))}
    days = {key: must_be_day(key) for key in keys}
    for at in days.values():
        if not first - timedelta(days=dates.days) < at <= dates.last + DAY:
            raise ReadError(f"Mixpanel answered for other dates ({at}) than were asked for ({first} to {dates.last}).")
    series = []
    for name, points in found:
        now: list[Number] = []
        before: list[Number] = []
        for key, value in points.items():
            if (n := amount(value)) is not None:
                (before if compares and days[key] < dates.current else now).append(n)
        if len(now) > 1 or len(before) > 1:
            raise ReadError("Mixpanel answered with several buckets where one for the whole range was asked.")
        previous = (before or [0])[0] if compares else None
        series.append(Series(name, ((now or [0])[0],), previous))
    return Report("total", ("",), tuple(series))

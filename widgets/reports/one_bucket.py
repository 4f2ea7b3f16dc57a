"""One total of uniques or averages over a whole range: they don't add up, so Mixpanel is asked for one bucket.

`/segmentation` takes `interval` (a number of days) in place of `unit`. How Mixpanel aligns that bucket is
documented nowhere; that it begins with `from_date` is assumed here and nowhere else.
"""

from datetime import date, timedelta
from typing import Any

from widgets.report import Number, Report, Series, number
from widgets.spec import WidgetSpec

from .kind import MEASURE_TYPES, Question, Request, common_params, dates_of
from .reading import ReadError, counted, day, mapping


def needed(spec: WidgetSpec) -> bool:
    return spec.one_total and spec.measure != "total"


def question(spec: WidgetSpec) -> Question:
    return {"event": spec.events[0], "type": MEASURE_TYPES[spec.measure], "one_bucket": True}


def request(question: Question, today: date) -> Request:
    dates = dates_of(question | {"periods": 1}, today)
    first = dates.first - timedelta(days=dates.days * (question.get("periods", 1) - 1))
    params = common_params(question, today) | {
        "event": question["event"],
        "type": question["type"],
        "from_date": first.isoformat(),
        "interval": dates.days,
    }
    if on := question.get("on"):
        params |= {"on": on, "limit": question["limit"]}
    return Request("segmentation", params)


def read(answer: Any, question: Question, today: date) -> Report:
    """A report of one row; the bucket before, where it was asked for, becomes each series' `previous`."""
    current_from = dates_of(question | {"periods": 1}, today).current
    series = []
    compares = question.get("periods") == 2
    for name, points in counted(answer):
        now: list[Number] = []
        before: list[Number] = []
        for key, value in mapping(points, "a series of dates").items():
            at, n = day(key), number(value)
            if at is not None and n is not None:
                (before if compares and at < current_from else now).append(n)
        if len(now) > 1 or len(before) > 1:
            raise ReadError("Mixpanel answered with several buckets where one for the whole range was asked.")
        previous = (before or [0])[0] if compares else None
        series.append(Series(name, ((now or [0])[0],), previous))
    if not series and "on" not in question:
        series.append(Series(question["event"], (0,), 0 if compares else None))
    return Report("total", ("",), tuple(series))

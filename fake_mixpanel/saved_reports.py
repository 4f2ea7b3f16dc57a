"""Defines the saved reports, lists them, and computes their numbers for `GET /insights`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.buckets import buckets, days_between
from fake_mixpanel.journeys import came_back, cohort, funnel_steps, people, steps_table
from fake_mixpanel.query import Query, Refused

SIGNUPS_REPORT = 41001
BREAKDOWN_REPORT = 41003
UNDATED_BREAKDOWN_REPORT = 41005
UNDATED_REPORT = 41010

Series = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A saved report over the last `days` days, including today.

    If `unit` is empty, the report has one number for all days, and no dates.
    """

    name: str
    days: int = 30
    events: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    unit: str = "day"
    measure: counts.Measure = "general"
    kind: str = "insights"
    funnel: int | None = None


def insights(query: Query) -> dict[str, Any]:
    number = query.number("bookmark_id")
    report = SAVED_REPORTS.get(number)
    if not report:
        raise Refused(404, f"bookmark {number} not found in project {query.project_id}")
    if report.kind not in SERIES:
        raise Refused(400, f"bookmark {number} is of type {report.kind}, which can't be queried here")
    days = days_between(query.today - timedelta(days=report.days - 1), query.today)
    return {
        **query.timing(days),
        "headers": ["$event", *report.breakdowns],
        "series": SERIES[report.kind](query, report, days),
    }


def bookmarks(query: Query) -> dict[str, Any]:
    """Lists the saved reports: /api/app/projects/<id>/bookmarks?v=2. Mixpanel's own library sends this request."""
    if query.text("v") != "2":
        raise Refused(400, "v must be 2")
    results = [{"id": number, "name": report.name, "type": report.kind} for number, report in SAVED_REPORTS.items()]
    return {"status": "ok", "results": results}


def _metrics(query: Query, report: SavedReport, days: list[date]) -> Series:
    """Returns the numbers with one level of nesting per breakdown. Each level has `$overall` beside the values."""

    def level(event: dataset.Event, daily: counts.Daily, breakdowns: tuple[str, ...]) -> Any:
        if not breakdowns:
            return _leaf(query, report, event, daily)
        name, rest = breakdowns[0], breakdowns[1:]
        values = counts.by_value(event, name, dataset.shares(event, name), daily)
        overall = {"$overall": _leaf(query, report, event, daily)}
        return overall | {value: level(event, part, rest) for value, part in values.items()}

    uniques = " - Unique" if report.measure == "unique" else ""
    known = [dataset.EVENTS[name] for name in report.events]
    return {event.name + uniques: level(event, query.daily(event, days), report.breakdowns) for event in known}


def _leaf(query: Query, report: SavedReport, event: dataset.Event, daily: counts.Daily) -> dict[str, int | float]:
    if not report.unit:
        return {"all": counts.measured(report.measure, event, daily)}
    if report.unit == "hour":
        hours = {day: counts.by_hour(number, event.name, day) for day, number in daily.items()}
        return {query.stamp(day, hour): part for day, parts in hours.items() for hour, part in enumerate(parts)}
    grouped = buckets(list(daily), report.unit)
    return {
        query.stamp(first): counts.measured(report.measure, event, {day: daily[day] for day in some})
        for first, some in grouped.items()
    }


def _retention(query: Query, report: SavedReport, days: list[date]) -> Series:
    born, came = report.events
    started = people(query, dataset.EVENTS[born], days)
    backs = {day: came_back(size, day, 8, query.today, seed=("saved",)) for day, size in started.items()}
    sums = [sum(column) // len(started) for column in zip(*backs.values(), strict=True)]
    average = cohort(sum(started.values()) // len(started), sums)
    dated = {query.stamp(day): cohort(size, backs[day]) for day, size in started.items()}
    return {f"{born} and then {came}": {**dated, "$average": average}}


def _funnel(query: Query, report: SavedReport, days: list[date]) -> Series:
    funnel = dataset.FUNNELS[report.funnel or 0]
    steps = funnel_steps(funnel, people(query, funnel.steps[0], days))
    return {funnel.name: steps_table(steps)}


SERIES: dict[str, Callable[[Query, SavedReport, list[date]], Series]] = {
    "insights": _metrics,
    "retention": _retention,
    "funnels": _funnel,
}

SAVED_REPORTS: dict[int, SavedReport] = {
    SIGNUPS_REPORT: SavedReport("Signups", events=("Signed up",)),
    41002: SavedReport("Signups and logins", events=("Signed up", "Logged in")),
    BREAKDOWN_REPORT: SavedReport("Orders by plan", events=("Order completed",), breakdowns=("plan",)),
    41004: SavedReport("Orders by plan and browser", 14, ("Order completed",), breakdowns=("plan", "$browser")),
    UNDATED_BREAKDOWN_REPORT: SavedReport("Signups by country", 30, ("Signed up",), ("mp_country_code",), unit=""),
    41006: SavedReport("App opens by the hour", 2, ("App Open",), unit="hour"),
    41007: SavedReport("Do signups come back?", 14, ("Signed up", "Logged in"), kind="retention"),
    41008: SavedReport("First game, saved", kind="funnels", funnel=dataset.FIRST_GAME_FUNNEL),
    41009: SavedReport("Ways through the app", kind="flows"),
    UNDATED_REPORT: SavedReport("Orders and upgrades", 30, ("Order completed", "Plan upgraded"), unit=""),
    41011: SavedReport("People who log in, by week", 84, ("Logged in",), unit="week", measure="unique"),
    # Each funnel is also a saved report with the same id, so both /funnels and /insights answer.
    **{
        funnel_id: SavedReport(funnel.name, kind="funnels", funnel=funnel_id)
        for funnel_id, funnel in dataset.FUNNELS.items()
    },
}

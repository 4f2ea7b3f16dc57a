"""Reports people saved in Mixpanel, by id: the answers of /insights, and the lists that name reports and cohorts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.asked import Asked, Refused
from fake_mixpanel.buckets import buckets, days_between
from fake_mixpanel.journeys import came_back, funnel_steps

SIGNUPS_REPORT = 41001
TWO_METRICS_REPORT = 41002
BREAKDOWN_REPORT = 41003
TWO_BREAKDOWNS_REPORT = 41004
UNDATED_BREAKDOWN_REPORT = 41005
HOURLY_REPORT = 41006
RETENTION_REPORT = 41007
FUNNEL_REPORT = 41008
FLOWS_REPORT = 41009
UNDATED_REPORT = 41010
WEEKLY_UNIQUES_REPORT = 41011

Draw = Callable[[Asked, list[date]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SavedReport:
    """`headers` explain the nesting of `series`; a report over the last `days` days, today among them."""

    name: str
    kind: str
    days: int
    headers: tuple[str, ...]
    series: Draw | None


def insights(asked: Asked) -> dict[str, Any]:
    report = SAVED_REPORTS.get(asked.get("bookmark_id"))
    if not report:
        raise Refused(404, f"bookmark {asked.get('bookmark_id')} not found in project {asked.project_id}")
    if not report.series:
        raise Refused(400, f"bookmark {asked.get('bookmark_id')} is of type {report.kind}, which can't be queried here")
    days = days_between(asked.today - timedelta(days=report.days - 1), asked.today)
    return {
        "computed_at": asked.now.isoformat(),
        "date_range": {
            "from_date": _stamp(asked, days[0]),
            "to_date": datetime.combine(days[-1], time(23, 59, 59, 999_000), asked.zone).isoformat(),
        },
        "headers": list(report.headers),
        "series": report.series(asked, days),
    }


def bookmarks(asked: Asked) -> dict[str, Any]:
    """As Mixpanel's own client library asks for them: /api/app/projects/<id>/bookmarks?v=2."""
    wanted = asked.get("bookmark_type")
    return {
        "status": "ok",
        "results": [
            {
                "id": number,
                "name": report.name,
                "type": report.kind,
                "project_id": asked.project_id,
                "dashboard_id": 900_001,
                "created": "2024-02-03T10:11:12",
                "modified": "2026-01-05T06:07:08",
                "description": "",
            }
            for number, report in SAVED_REPORTS.items()
            if wanted in (None, report.kind)
        ],
    }


def cohorts(asked: Asked) -> list[dict[str, Any]]:
    return [
        {
            "count": people,
            "is_visible": int(visible),
            "description": f"Made up: {name}.",
            "created": "2024-03-19 23:49:51",
            "project_id": asked.project_id,
            "id": number,
            "name": name,
        }
        for number, name, people, visible in dataset.COHORTS
    ]


def _metrics(*names: str) -> Draw:
    def series(asked: Asked, days: list[date]) -> dict[str, Any]:
        return {name: _dated(asked, asked.daily(dataset.EVENTS[name], days)) for name in names}

    return series


def _undated(*names: str) -> Draw:
    def series(asked: Asked, days: list[date]) -> dict[str, Any]:
        return {name: _all(asked.daily(dataset.EVENTS[name], days)) for name in names}

    return series


def _broken_down(name: str, properties: tuple[str, ...], leaf: Callable[[Asked, counts.Daily], Any]) -> Draw:
    def level(asked: Asked, event: dataset.Event, daily: counts.Daily, rest: tuple[str, ...]) -> Any:
        if not rest:
            return leaf(asked, daily)
        values = counts.by_value(event, rest[0], dataset.shares(event, rest[0]), daily)
        below = {value: level(asked, event, part, rest[1:]) for value, part in values.items()}
        return {"$overall": leaf(asked, daily), **below}

    def series(asked: Asked, days: list[date]) -> dict[str, Any]:
        event = dataset.EVENTS[name]
        return {name: level(asked, event, asked.daily(event, days), properties)}

    return series


def _hourly(asked: Asked, days: list[date]) -> dict[str, Any]:
    name = "App Open"
    found = {}
    for day, number in asked.daily(dataset.EVENTS[name], days).items():
        for hour, part in enumerate(counts.by_hour(number, name, day)):
            found[_stamp(asked, day, hour)] = part
    return {name: found}


def _weekly_uniques(asked: Asked, days: list[date]) -> dict[str, Any]:
    event = dataset.EVENTS["Logged in"]
    found = {}
    for first, some in buckets(days[0], days[-1], "week").items():
        found[_stamp(asked, first)] = counts.measured("unique", event, asked.daily(event, some))
    return {"Logged in - Unique": found}


def _retention(asked: Asked, days: list[date]) -> dict[str, Any]:
    event, columns = dataset.EVENTS["Signed up"], 8
    cohorts: dict[str, Any] = {}
    for day, number in asked.daily(event, days).items():
        people = counts.people_of(event, number, day)
        back = came_back(people, day, columns, asked.today, seed=("saved",))
        cohorts[_stamp(asked, day)] = _cohort(people, back)
    everybody = [cohort["first"] for cohort in cohorts.values()]
    sums = [sum(column) for column in zip(*(cohort["counts"] for cohort in cohorts.values()), strict=True)]
    average = _cohort(sum(everybody) // len(everybody), [number // len(everybody) for number in sums])
    return {"Signed up and then Logged in": {**cohorts, "$average": average}}


def _cohort(first: int, back: list[int]) -> dict[str, Any]:
    return {"first": first, "counts": back, "rates": [number / first if first else 0 for number in back]}


def _funnel(funnel_id: int) -> Draw:
    funnel = dataset.FUNNELS[funnel_id]

    def series(asked: Asked, days: list[date]) -> dict[str, Any]:
        daily = asked.daily(funnel.steps[0], days)
        started = {day: counts.people_of(funnel.steps[0], number, day) for day, number in daily.items()}
        table: dict[str, Any] = {}
        for number, step in enumerate(funnel_steps(funnel, started), start=1):
            named = f"{number}. {step.get('step_label', step['event'])}"
            for key in ("count", "step_conv_ratio", "overall_conv_ratio", "avg_time", "avg_time_from_start"):
                table.setdefault(key, {})[named] = {"all": step[key]}
        return {funnel.name: table}

    return series


def _dated(asked: Asked, daily: counts.Daily) -> dict[str, int]:
    return {_stamp(asked, day): number for day, number in daily.items()}


def _all(daily: counts.Daily) -> dict[str, int]:
    return {"all": sum(daily.values())}


def _stamp(asked: Asked, day: date, hour: int = 0) -> str:
    return datetime.combine(day, time(hour), asked.zone).isoformat()


_EVENT = ("$event",)

SAVED_REPORTS: dict[int, SavedReport] = {
    SIGNUPS_REPORT: SavedReport("Signups", "insights", 30, _EVENT, _metrics("Signed up")),
    TWO_METRICS_REPORT: SavedReport("Signups and logins", "insights", 30, _EVENT, _metrics("Signed up", "Logged in")),
    BREAKDOWN_REPORT: SavedReport(
        "Orders by plan", "insights", 30, ("$event", "plan"), _broken_down("Order completed", ("plan",), _dated)
    ),
    TWO_BREAKDOWNS_REPORT: SavedReport(
        "Orders by plan and browser",
        "insights",
        14,
        ("$event", "plan", "$browser"),
        _broken_down("Order completed", ("plan", "$browser"), _dated),
    ),
    UNDATED_BREAKDOWN_REPORT: SavedReport(
        "Signups by country",
        "insights",
        30,
        ("$event", "mp_country_code"),
        _broken_down("Signed up", ("mp_country_code",), lambda asked, daily: _all(daily)),
    ),
    HOURLY_REPORT: SavedReport("App opens by the hour", "insights", 2, _EVENT, _hourly),
    RETENTION_REPORT: SavedReport("Do signups come back?", "retention", 14, _EVENT, _retention),
    FUNNEL_REPORT: SavedReport("First game, saved", "funnels", 30, _EVENT, _funnel(dataset.FIRST_GAME_FUNNEL)),
    FLOWS_REPORT: SavedReport("Ways through the app", "flows", 30, _EVENT, None),
    UNDATED_REPORT: SavedReport(
        "Orders and upgrades", "insights", 30, _EVENT, _undated("Order completed", "Plan upgraded")
    ),
    WEEKLY_UNIQUES_REPORT: SavedReport("People who log in, by week", "insights", 84, _EVENT, _weekly_uniques),
    # A funnel's id is the id of its bookmark, so both lists name it and both endpoints answer for it.
    **{
        funnel.funnel_id: SavedReport(funnel.name, "funnels", 30, _EVENT, _funnel(funnel.funnel_id))
        for funnel in dataset.FUNNELS.values()
    },
}

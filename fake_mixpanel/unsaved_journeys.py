"""Computes the answers of unsaved funnel and retention reports, which can use any events.

The answers have the same form as the answers of saved reports.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fake_mixpanel import counts, dataset, filters
from fake_mixpanel.bookmark import Bookmark, part
from fake_mixpanel.buckets import buckets
from fake_mixpanel.cells import OVERALL, REMAINING, added
from fake_mixpanel.conditions import Where, joined
from fake_mixpanel.journeys import came_back, cohort, funnel_steps, people, steps_table
from fake_mixpanel.query import Query, unacceptable
from fake_mixpanel.segments import largest

FUNNEL_MATHS = ("conversion_rate_unique", "conversion_rate_total", "conversion_rate_session", "unique", "total")
RETENTION_MATHS = ("retention_rate", "unique")
MOST_STEPS = 100
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "session": 3600, "day": 86_400, "week": 604_800, "month": 2_592_000}
USUAL_WINDOW, LONGEST_WINDOW = 14 * SECONDS["day"], 367 * SECONDS["day"]
COLUMNS = {"day": 14, "week": 12, "month": 6}
"""Length of the intervals → the number of intervals in the answer of a retention report."""


def funnel(query: Query, report: Bookmark) -> dict[str, Any]:
    """Answers a funnel report. `series` is `{name: {"count": {"1. App Open": {"all": n}, …}, …}}`.

    In a report by date, `series` is `{name: {date: conversion}}`, and `secondary` has the number of people who finish
    the funnel. A breakdown adds a level with the breakdown values: `{name: {value: …}}`.
    """
    behavior = _behavior(report, FUNNEL_MATHS)
    behaviors = _events(behavior, 2, MOST_STEPS)
    wheres = [filters.read(step.get("filters", []), step.get("filtersDeterminer", "all")) for step in behaviors]
    events = [_event(step["name"]) for step in behaviors]
    made = _made(events, behavior, wheres)
    where = joined(*report.where, *filters.read(behavior.get("filter", [])), *wheres[0])
    values, is_cut = _split(report, events[0], people(query, events[0], report.days, where))
    nested: dict[str, Any] = {}
    finished: dict[str, Any] = {}
    for value, started in values.items():
        if not report.is_dated:
            nested[value] = steps_table(funnel_steps(made, started, _name(value)))
            continue
        nested[value], finished[value] = {}, {}
        for first, days in buckets(report.days, report.unit).items():
            steps = funnel_steps(made, {day: started[day] for day in days if day in started}, _name(value))
            if steps[0]["count"]:
                nested[value][query.stamp(first)] = steps[-1]["overall_conv_ratio"]
                finished[value][query.stamp(first)] = steps[-1]["count"]
    return _answer(report, f"{events[0].name} through {events[-1].name}", is_cut, nested, finished)


def retention(query: Query, report: Bookmark) -> dict[str, Any]:
    """Answers a retention report. `series` is `{name: {date: {"first", "counts", "rates"}, "$average": …}}`.

    In a report by date, `series` is `{name: {date: rate}}`, and `secondary` has the number of people who come back.
    Both are for the second interval. A breakdown adds a level with the breakdown values, as in `funnel`.
    """
    behavior = _behavior(report, RETENTION_MATHS)
    born, back = _events(behavior, 2, 2)
    unit = behavior.get("retentionUnit", "day")
    if not isinstance(unit, str) or unit not in COLUMNS:
        raise unacceptable(f"unknown retentionUnit {unit!r}")
    if behavior.get("retentionAlignmentType", "birth") not in ("birth", "interval_start"):
        raise unacceptable("unknown retentionAlignmentType")
    event, where = _event(born["name"]), joined(*report.where, *filters.read(behavior.get("filter", [])))
    born_where = joined(*where, *filters.read(born.get("filters", []), born.get("filtersDeterminer", "all")))
    where = joined(*where, *filters.read(back.get("filters", []), back.get("filtersDeterminer", "all")))
    values, is_cut = _split(report, event, people(query, event, report.days, born_where))
    nested: dict[str, Any] = {}
    returned: dict[str, Any] = {}
    for value, started in values.items():
        seed = (back["name"], where, *filter(None, [_name(value)]))
        cohorts: dict[str, Any] = {}
        for first, days in buckets(report.days, unit).items():
            if size := counts.distinct_people([started[day] for day in days if day in started]):
                found = came_back(size, first, COLUMNS[unit], query.today, unit=unit, seed=seed)
                cohorts[query.stamp(first)] = cohort(size, found)
        if report.is_dated:
            nested[value] = {date: each["rates"][1] for date, each in cohorts.items()}
            returned[value] = {date: each["counts"][1] for date, each in cohorts.items()}
        elif cohorts:
            columns = zip(*(each["counts"] for each in cohorts.values()), strict=True)
            size = sum(each["first"] for each in cohorts.values()) // len(cohorts)
            nested[value] = {**cohorts, "$average": cohort(size, [sum(some) // len(cohorts) for some in columns])}
    return _answer(report, f"{born['name']} and then {back['name']}", is_cut, nested, returned)


JOURNEYS: dict[str, Callable[[Query, Bookmark], dict[str, Any]]] = {"funnel": funnel, "retention": retention}
"""Mixpanel's type of a report → the function that computes its answer."""


def _behavior(report: Bookmark, maths: tuple[str, ...]) -> Mapping[str, Any]:
    if len(report.show) != 1:
        raise unacceptable("this fake Mixpanel supports only one funnel or retention per report")
    math = part(report.show[0], "measurement", dict).get("math")
    if math not in maths:
        raise unacceptable(f"unknown math {math!r}")
    return part(report.show[0], "behavior", dict)


def _events(behavior: Mapping[str, Any], fewest: int, most: int) -> list[dict[str, Any]]:
    found = part(behavior, "behaviors", list)
    if len(found) > most:
        raise unacceptable("Funnel too big. Please reduce the number of event comparisons.")
    if len(found) < fewest or not all(isinstance(each, dict) and part(each, "name", str) for each in found):
        raise unacceptable(f"the list behaviors must have at least {fewest} events")
    return found


def _event(name: str) -> dataset.Event:
    return dataset.EVENTS.get(name) or dataset.Event(name, 0, 1)


def _made(events: list[dataset.Event], behavior: Mapping[str, Any], wheres: list[Where]) -> dataset.Funnel:
    """Returns a funnel of these events. With a longer conversion window, more people reach each step.

    A saved funnel can have the same events. Then both funnels have the same numbers, if the window is 14 days and there
    are no filters. Without such a saved funnel, fewer people reach a step than do the step's event.
    """
    unit, number = behavior.get("conversionWindowUnit"), part(behavior, "conversionWindowDuration", int)
    if not isinstance(unit, str) or unit not in SECONDS:
        raise unacceptable(f"unknown conversionWindowUnit {unit!r}")
    window = number * SECONDS[unit]
    if not 1 <= window <= LONGEST_WINDOW:
        raise unacceptable("the conversion window must be from 1 second to 12 months")
    saved = next((each for each in dataset.FUNNELS.values() if each.steps == tuple(events)), None)
    reached, keeps = events[0].daily / events[0].per_person, []
    for step, event in enumerate(events[1:], start=1):
        people = event.daily / event.per_person
        share = 0.45 + 0.4 * counts.chance("keeps", step, events[step - 1].name, event.name)
        share *= min(1.0, people / reached) if reached else 0.0
        reached *= share
        passed = 0.2 + 0.6 * counts.chance("where", wheres[step]) if wheres[step] else 1.0
        kept = saved.keeps[step - 1] if saved else share
        keeps.append(kept * passed * (window / USUAL_WINDOW) ** 0.02)
    return dataset.Funnel(saved.name if saved else "", tuple(events), tuple(keeps))


def _split(report: Bookmark, event: dataset.Event, daily: counts.Daily) -> tuple[dict[str, counts.Daily], bool]:
    """Returns the people by breakdown value, and whether the report's limit left out some values."""
    if not daily or not report.group:
        return ({OVERALL: daily} if daily else {}), False
    parts = counts.by_value(event, report.group, dataset.shares(event, report.group), daily)
    kept = largest(parts, report.limit)
    rest = added(parts[value] for value in parts if value not in kept)
    return {OVERALL: daily, **kept, **({REMAINING: rest} if rest else {})}, bool(rest)


def _name(value: str) -> str:
    return "" if value in (OVERALL, REMAINING) else value


def _answer(
    report: Bookmark, name: str, is_cut: bool, nested: dict[str, Any], secondary: dict[str, Any]
) -> dict[str, Any]:
    def series(by_value: dict[str, Any]) -> dict[str, Any]:
        found = by_value if report.group else by_value.get(OVERALL)
        return {name: found} if found else {}

    answer: dict[str, Any] = {"series": series(nested), "keys": [name], "is_cut": is_cut}
    return answer | ({"secondary": {"series": series(secondary)}} if report.is_dated else {})

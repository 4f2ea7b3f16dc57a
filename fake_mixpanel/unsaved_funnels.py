"""Computes the answers of unsaved funnel reports, which can use any events.

The answers have the same form as the answers of saved reports.
"""

from collections.abc import Mapping
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.bookmark import Bookmark, part
from fake_mixpanel.buckets import buckets
from fake_mixpanel.cells import OVERALL, REMAINING, added
from fake_mixpanel.journeys import funnel_steps, people, steps_table
from fake_mixpanel.query import Query, unacceptable
from fake_mixpanel.segments import largest

MOST_STEPS = 100
USUAL_WINDOW, LONGEST_WINDOW = 14, 367
"""Conversion windows, in days."""


def funnel(query: Query, report: Bookmark) -> dict[str, Any]:
    """Answers a funnel report. `series` is `{name: {"count": {"1. App Open": {"all": n}, …}, …}}`.

    In a report by date, `series` is `{name: {date: conversion}}`. A breakdown adds a level with the breakdown values:
    `{name: {value: …}}`.
    """
    if len(report.show) != 1:
        raise unacceptable("this fake Mixpanel supports only one funnel per report")
    math = part(report.show[0], "measurement", dict).get("math")
    if math != "conversion_rate_unique":
        raise unacceptable(f"this fake Mixpanel does not support the math {math!r} in funnels")
    behavior = part(report.show[0], "behavior", dict)
    events = _events(part(behavior, "behaviors", list))
    made = _made(events, behavior)
    values, is_cut = _split(report, events[0], people(query, events[0], report.days, report.where))
    nested: dict[str, Any] = {}
    for value, started in values.items():
        name = "" if value in (OVERALL, REMAINING) else value
        if not report.is_dated:
            nested[value] = steps_table(funnel_steps(made, started, name))
            continue
        nested[value] = {}
        for first, days in buckets(report.days, report.unit).items():
            steps = funnel_steps(made, {day: started[day] for day in days if day in started}, name)
            if steps[0]["count"]:
                nested[value][query.stamp(first)] = steps[-1]["overall_conv_ratio"]
    found = nested if report.group else nested.get(OVERALL)
    key = f"{events[0].name} through {events[-1].name}"
    return {"series": {key: found} if found else {}, "keys": [key], "is_cut": is_cut}


def _events(behaviors: list[Any]) -> list[dataset.Event]:
    if len(behaviors) > MOST_STEPS:
        raise unacceptable("Funnel too big. Please reduce the number of event comparisons.")
    if len(behaviors) < 2 or not all(isinstance(each, dict) and part(each, "name", str) for each in behaviors):
        raise unacceptable("the list behaviors must have at least 2 events")
    if any(each.get("filters") for each in behaviors):
        raise unacceptable("this fake Mixpanel does not support filters of a step")
    return [dataset.EVENTS.get(each["name"]) or dataset.Event(each["name"], 0, 1) for each in behaviors]


def _made(events: list[dataset.Event], behavior: Mapping[str, Any]) -> dataset.Funnel:
    """Returns a funnel of these events. With a longer conversion window, more people reach each step.

    A saved funnel can have the same events. Then both funnels have the same numbers, if the window is 14 days. Without
    such a saved funnel, fewer people reach a step than do the step's event.
    """
    window = part(behavior, "conversionWindowDuration", int)
    if behavior.get("conversionWindowUnit") != "day" or not 1 <= window <= LONGEST_WINDOW:
        raise unacceptable(f"this fake Mixpanel supports conversion windows from 1 to {LONGEST_WINDOW} days")
    saved = next((each for each in dataset.FUNNELS.values() if each.steps == tuple(events)), None)
    reached, keeps = events[0].daily / events[0].per_person, []
    for step, event in enumerate(events[1:], start=1):
        people = event.daily / event.per_person
        share = 0.45 + 0.4 * counts.chance("keeps", step, events[step - 1].name, event.name)
        share *= min(1.0, people / reached) if reached else 0.0
        reached *= share
        kept = saved.keeps[step - 1] if saved else share
        keeps.append(kept * (window / USUAL_WINDOW) ** 0.02)
    return dataset.Funnel(saved.name if saved else "", tuple(events), tuple(keeps))


def _split(report: Bookmark, event: dataset.Event, daily: counts.Daily) -> tuple[dict[str, counts.Daily], bool]:
    """Returns the people by breakdown value, and whether the report's limit left out some values."""
    if not daily or not report.group:
        return ({OVERALL: daily} if daily else {}), False
    parts = counts.by_value(event, report.group, dataset.shares(event, report.group), daily)
    kept = largest(parts, report.limit)
    rest = added(parts[value] for value in parts if value not in kept)
    return {OVERALL: daily, **kept, **({REMAINING: rest} if rest else {})}, bool(rest)

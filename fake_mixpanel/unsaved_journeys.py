"""Unsaved reports of funnels and retention, made of listed events. The answers have the forms of saved ones."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.buckets import buckets
from fake_mixpanel.conditions import of_filters, refused
from fake_mixpanel.journeys import came_back, funnel_steps, people
from fake_mixpanel.segments import largest

if TYPE_CHECKING:
    from fake_mixpanel.unsaved import Report

NOBODY = dataset.Event("", 0, 1)
LONGEST_WINDOW = 366
KEYS = ("count", "step_conv_ratio", "overall_conv_ratio")


def funnel(report: "Report") -> dict[str, Any]:
    """`{"count": {"1. App Open": {"all": n}, …}, …}`; a line has ratios by date, and counts in `secondary`."""
    behavior = report.show[0]["behavior"]
    names, window = events_of(behavior), behavior.get("conversionWindowDuration")
    if not 2 <= len(names) <= 100:
        raise refused("a funnel has 2 to 100 steps")
    if not isinstance(window, int) or not 1 <= window <= LONGEST_WINDOW:
        raise refused(f"the conversion window must be between 1 and {LONGEST_WINDOW} days")
    asked = made_funnel(names, window)
    key = f"{names[0]} through {names[-1]}"
    where = of_filters([*report.where, *behavior.get("filter", [])])
    started = {"": people(report.query, asked.steps[0], report.days, where)}
    if report.group:
        name = report.group
        parts = counts.by_value(asked.steps[0], name, dataset.shares(asked.steps[0], name), started[""])
        started = {"$overall": started.pop(""), **largest(parts, report.limit)}
    found: dict[str, Any] = {}
    secondary: dict[str, Any] = {}
    for value, daily in started.items():
        if not daily:
            continue
        named = "" if value == "$overall" else value
        if report.display["chartType"] == "line":
            found[value], secondary[value] = by_date(report, asked, daily, named)
        else:
            found[value] = table(funnel_steps(asked, daily, named))
    if not report.group:
        found, secondary = found.get("", {}), secondary.get("", {})
    more = {"secondary": {"series": {key: secondary}}} if secondary else {}
    return {"series": {key: found} if found else {}, "keys": [key], **more}


def events_of(behavior: Mapping[str, Any]) -> list[str]:
    steps = behavior.get("behaviors")
    if not isinstance(steps, list) or not all(isinstance(step, dict) and step.get("name") for step in steps):
        raise refused("behaviors must be a list of events")
    return [str(step["name"]) for step in steps]


def made_funnel(names: list[str], window: int) -> dataset.Funnel:
    """A longer window lets a few more people through."""
    steps = tuple(dataset.EVENTS.get(name, NOBODY) for name in names)
    more = 1 - 0.2 / window
    keeps = tuple(
        (0.25 + 0.5 * counts.chance("keeps", *names[step : step + 2])) * more if steps[step + 1] is not NOBODY else 0.0
        for step in range(len(steps) - 1)
    )
    return dataset.Funnel(" → ".join(names), steps, keeps)


def table(steps: list[dict[str, Any]]) -> dict[str, Any]:
    named = {f"{number}. {step.get('step_label', step['event'])}": step for number, step in enumerate(steps, start=1)}
    return {key: {name: {"all": step[key]} for name, step in named.items()} for key in KEYS}


def by_date(
    report: "Report", asked: dataset.Funnel, daily: counts.Daily, value: str
) -> tuple[dict[str, float], dict[str, int]]:
    """The conversion and the number of people who finish, by bucket."""
    ratios, numbers = {}, {}
    for first, days in buckets(report.days, report.unit).items():
        steps = funnel_steps(asked, {day: daily[day] for day in days if day in daily}, value)
        if steps[0]["count"]:
            ratios[report.stamp(first)] = steps[-1]["overall_conv_ratio"]
            numbers[report.stamp(first)] = steps[-1]["count"]
    return ratios, numbers


def retention(report: "Report") -> dict[str, Any]:
    """`{date: {"first", "counts", "rates"}, "$average": …}`, as saved retention."""
    behavior = report.show[0]["behavior"]
    names = events_of(behavior)
    if len(names) != 2:
        raise refused("retention has two events")
    unit = str(behavior.get("retentionUnit", "day"))
    born = dataset.EVENTS.get(names[0])
    found: dict[str, Any] = {}
    for first, days in buckets(report.days, unit).items() if born else ():
        size = counts.distinct_people(list(people(report.query, born or NOBODY, days).values()))
        if size:
            found[report.stamp(first)] = cohort(size, came_back(size, first, 8, report.query.today, unit=unit))
    key = f"{names[0]} and then {names[1]}"
    return {"series": {key: found} if found else {}, "keys": [key]}


def cohort(size: int, back: list[int]) -> dict[str, Any]:
    return {"first": size, "counts": back, "rates": [number / size for number in back]}

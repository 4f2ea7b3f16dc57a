"""Computes the answers for funnels, retention and frequency."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.buckets import later, start_of
from fake_mixpanel.conditions import Where
from fake_mixpanel.query import Query, Refused
from fake_mixpanel.segments import largest


def funnels(query: Query) -> dict[str, Any]:
    """Answers /funnels. The count of a longer period, such as a week, is the sum of the counts of its days."""
    funnel = dataset.FUNNELS.get(query.number("funnel_id"))
    if not funnel:
        raise Refused(400, f"funnel_id {query.number('funnel_id')} does not exist in this project")
    grouped = query.buckets()
    return {
        "meta": {"dates": [str(first) for first in grouped]},
        "data": {str(first): _funnel_cell(query, funnel, days) for first, days in grouped.items()},
    }


def _funnel_cell(query: Query, funnel: dataset.Funnel, days: list[date]) -> dict[str, Any]:
    started = people(query, funnel.steps[0], days, query.where)
    steps = funnel_steps(funnel, started)
    if "on" not in query.params:
        return {"steps": steps}
    name, parts = dataset.breakdown(funnel.steps[0], query.text("on"))
    values = largest(counts.by_value(funnel.steps[0], name, parts, started), query.number("limit", 255))
    return {"$overall": steps, **{value: funnel_steps(funnel, daily, value) for value, daily in values.items()}}


def funnel_steps(funnel: dataset.Funnel, started: counts.Daily, value: str = "") -> list[dict[str, Any]]:
    """Returns the funnel's steps in the form of /funnels.

    `started` has the number of people per day who did the first step. `value` is the breakdown value, if any.
    """
    numbers = [0] * len(funnel.steps)
    for day, starting in started.items():
        left: float = starting
        numbers[0] += starting
        for step, keeps in enumerate(funnel.keeps, start=1):
            left = int(left * keeps * (0.9 + 0.2 * counts.chance("funnel", funnel.name, step, value, day)))
            numbers[step] += left
    steps: list[dict[str, Any]] = []
    for step, (event, number) in enumerate(zip(funnel.steps, numbers, strict=True)):
        before = numbers[max(0, step - 1)]
        described: dict[str, Any] = {
            "count": number,
            "step_conv_ratio": number / before if before else 0,
            "goal": event.name,
            "overall_conv_ratio": number / numbers[0] if numbers[0] else 0,
            "event": event.name,
        }
        if event.display_name:
            described["step_label"] = event.display_name
        steps.append(described)
    return steps


def steps_table(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Converts a funnel's steps to the form of /insights: `{"count": {"1. App Open": {"all": n}, …}, …}`."""
    named = {f"{number}. {step.get('step_label', step['event'])}": step for number, step in enumerate(steps, start=1)}
    keys = ("count", "step_conv_ratio", "overall_conv_ratio")
    times = [None, *(int(3600 + 80_000 * counts.chance("time", name)) for name in list(named)[1:])]
    return {
        **{key: {name: {"all": step[key]} for name, step in named.items()} for key in keys},
        "avg_time": {name: {"all": seconds} for name, seconds in zip(named, times, strict=True)},
    }


def funnels_list(query: Query) -> list[dict[str, Any]]:
    return [{"funnel_id": funnel_id, "name": funnel.name} for funnel_id, funnel in dataset.FUNNELS.items()]


def retention(query: Query) -> dict[str, Any]:
    event, unit = query.text("event", "any"), query.text("unit", "day")
    born = dataset.EVENTS.get(query.text("born_event"))
    answer: dict[str, Any] = {}
    for first, days in query.buckets().items():
        size = counts.distinct_people(list(people(query, born, days).values())) if born else 0
        if size:
            columns, seed = query.number("interval_count", 1), (event, query.where)
            back = came_back(size, first, columns, query.today, unit=unit, seed=seed)
            answer[str(first)] = {"counts": back, "first": size}
    return answer


def came_back(
    size: int, first: date, columns: int, today: date, *, unit: str = "day", seed: Iterable[object] = ()
) -> list[int]:
    """Returns how many people of a cohort came back, per interval.

    The cohort has `size` people. There are `columns` intervals, and the first interval contains the day `first`.
    """
    back = []
    for number in range(columns):
        share = 0.78 if number == 0 else 0.46 * number**-0.55
        seen = int(size * min(1, share * (0.9 + 0.2 * counts.chance("retention", *seed, first, number))))
        begins, ends = (later(start_of(first, unit), unit, number + more) for more in (0, 1))
        if begins > today:
            seen = 0
        elif ends > today:
            seen = int(seen * counts.TODAY_SO_FAR)
        back.append(seen)
    return back


def cohort(first: int, back: list[int]) -> dict[str, Any]:
    """Returns a cohort of `first` people in the form of /insights. `back` has the returning people per interval."""
    return {"first": first, "counts": back, "rates": [number / first if first else 0 for number in back]}


def addiction(query: Query) -> dict[str, Any]:
    """Answers /retention/addiction (in Mixpanel's reports: frequency).

    There is one row per day, week or month. The row has the numbers of people who were active in at least 1, 2, 3, …
    hours or days of this period.
    """
    event = dataset.EVENTS.get(query.text("event", "App Open"))
    if not event:
        return {"data": {}}
    unit = query.text("unit")
    columns = {"day": 1, "week": 7, "month": 31}[unit] * (1 if query.text("addiction_unit") == "day" else 24)
    data = {}
    for first, days in query.buckets().items():
        seen = counts.distinct_people(list(people(query, event, days, query.where).values()))
        row = [seen]
        for number in range(1, columns):
            luck = counts.chance("frequency", event.name, unit, first, number)
            row.append(int(row[-1] * (0.42 + 0.3 * luck + 0.25 * number / columns)))
        data[str(first)] = row
    return {"data": data}


def people(query: Query, event: dataset.Event, days: list[date], where: Where = ()) -> counts.Daily:
    """Returns the number of people per day who did the event."""
    found = query.daily(event, days, where)
    return {day: counts.people_of(event, number, day) for day, number in found.items()}

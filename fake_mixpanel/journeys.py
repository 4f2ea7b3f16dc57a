"""The answers about people over time: funnels, retention, frequency."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.asked import Asked, Refused
from fake_mixpanel.buckets import later, start_of
from fake_mixpanel.segments import largest


def funnels(asked: Asked) -> dict[str, Any]:
    """Counts add up over dates: a week's is the sum of its days'."""
    funnel = dataset.FUNNELS.get(asked.number("funnel_id"))
    if not funnel:
        raise Refused(400, f"funnel_id {asked.number('funnel_id')} does not exist in this project")
    grouped = asked.buckets()
    return {
        "meta": {"dates": [str(first) for first in grouped]},
        "data": {str(first): _funnel_cell(asked, funnel, days) for first, days in grouped.items()},
    }


def _funnel_cell(asked: Asked, funnel: dataset.Funnel, days: list[date]) -> dict[str, Any]:
    started = people(asked, funnel.steps[0], days, asked.text("where", ""))
    steps = funnel_steps(funnel, started)
    if "on" not in asked.params:
        numbers = [step["count"] for step in steps]
        analysis = {"completion": numbers[-1], "starting_amount": numbers[0], "steps": len(numbers)}
        return {"steps": steps, "analysis": analysis}
    name, parts = dataset.breakdown(funnel.steps[0], asked.text("on"))
    values = largest(counts.by_value(funnel.steps[0], name, parts, started), asked.number("limit", 255))
    return {"$overall": steps, **{value: funnel_steps(funnel, daily, value) for value, daily in values.items()}}


def funnel_steps(funnel: dataset.Funnel, started: counts.Daily, value: str = "") -> list[dict[str, Any]]:
    """The steps as /funnels gives them, of the people who started on each day."""
    numbers = [0] * len(funnel.steps)
    for day, starting in started.items():
        left: float = starting
        numbers[0] += starting
        for step, keeps in enumerate(funnel.keeps, start=1):
            left = int(left * keeps * (0.9 + 0.2 * counts.chance("funnel", funnel.name, step, value, day)))
            numbers[step] += left
    steps: list[dict[str, Any]] = []
    waits = (0, *funnel.waits)
    for step, (event, number) in enumerate(zip(funnel.steps, numbers, strict=True)):
        before = numbers[max(0, step - 1)]
        described: dict[str, Any] = {
            "count": number,
            "avg_time": waits[step] if step else None,
            "avg_time_from_start": sum(waits[: step + 1]) if step else None,
            "step_conv_ratio": number / before if before else 0,
            "goal": event.name,
            "overall_conv_ratio": number / numbers[0] if numbers[0] else 0,
            "event": event.name,
        }
        if event.display_name:
            custom_id = int(event.name.partition(":")[2])
            described |= {"step_label": event.display_name, "custom_event": True, "custom_event_id": custom_id}
        steps.append(described)
    return steps


def funnels_list(asked: Asked) -> list[dict[str, Any]]:
    return [{"funnel_id": funnel_id, "name": funnel.name} for funnel_id, funnel in dataset.FUNNELS.items()]


def retention(asked: Asked) -> dict[str, Any]:
    """Of the people who did `born_event` for the first time."""
    event, unit = asked.text("event", "any"), asked.text("unit", "day")
    born = dataset.EVENTS.get(asked.text("born_event"))
    answer: dict[str, Any] = {}
    for first, days in asked.buckets().items():
        size = counts.together(list(people(asked, born, days).values())) if born else 0
        if size:
            columns, seed = asked.number("interval_count", 1), (event, asked.text("where", ""))
            back = came_back(size, first, columns, asked.today, unit=unit, seed=seed)
            answer[str(first)] = {"counts": back, "first": size}
    return answer


def came_back(
    size: int, first: date, columns: int, today: date, *, unit: str = "day", seed: Iterable[object] = ()
) -> list[int]:
    """How many of a cohort were seen again in each interval; intervals that have not begun are there, as 0."""
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


def addiction(asked: Asked) -> dict[str, Any]:
    """In how many hours or days of each day, week or month people were seen: column n is n + 1 of them, or more."""
    event = dataset.EVENTS.get(asked.text("event", "App Open"))
    if not event:
        return {"data": {}}
    unit = asked.text("unit")
    columns = {"day": 1, "week": 7, "month": 31}[unit] * (1 if asked.text("addiction_unit") == "day" else 24)
    data = {}
    for first, days in asked.buckets().items():
        seen = counts.together(list(people(asked, event, days, asked.text("where", "")).values()))
        row = [seen]
        for number in range(1, columns):
            luck = counts.chance("frequency", event.name, unit, first, number)
            row.append(int(row[-1] * (0.42 + 0.3 * luck + 0.25 * number / columns)))
        data[str(first)] = row
    return {"data": data}


def people(asked: Asked, event: dataset.Event, days: list[date], where: str = "") -> counts.Daily:
    """How many people did it on each day."""
    found = asked.daily(event, days, where)
    return {day: counts.people_of(event, number, day) for day, number in found.items()}

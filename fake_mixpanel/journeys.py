"""The answers about people over time: funnels, retention, frequency."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.asked import Asked, Refused
from fake_mixpanel.buckets import buckets, later, start_of
from fake_mixpanel.expressions import breakdown
from fake_mixpanel.segments import largest

ANY_EVENT = dataset.EVENTS["App Open"]


def funnels(asked: Asked) -> dict[str, Any]:
    """Counts add up over dates: a week's is the sum of its days'."""
    funnel = dataset.FUNNELS.get(asked.get("funnel_id"))
    if not funnel:
        raise Refused(400, f"funnel_id {asked.get('funnel_id')} does not exist in this project")
    grouped = buckets(asked.get("from_date"), asked.get("to_date"), asked.get("unit", "day"), asked.get("interval"))
    return {
        "meta": {"dates": [str(first) for first in grouped]},
        "data": {str(first): _funnel_cell(asked, funnel, days) for first, days in grouped.items()},
    }


def _funnel_cell(asked: Asked, funnel: dataset.Funnel, days: list[date]) -> dict[str, Any]:
    started = _people(asked, funnel.steps[0], days, asked.get("where", ""))
    steps = funnel_steps(funnel, started)
    if "on" not in asked.given:
        numbers = [step["count"] for step in steps]
        lost = [before - after for before, after in pairwise(numbers)]
        analysis = {
            "completion": numbers[-1],
            "starting_amount": numbers[0],
            "steps": len(numbers),
            "worst": lost.index(max(lost)) + 1,
        }
        return {"steps": steps, "analysis": analysis}
    name, parts = breakdown(funnel.steps[0], asked.get("on"))
    values = largest(counts.by_value(funnel.steps[0], name, parts, started), asked.get("limit", 255))
    return {"$overall": steps, **{value: funnel_steps(funnel, daily, value) for value, daily in values.items()}}


def funnel_steps(funnel: dataset.Funnel, started: counts.Daily, value: str = "") -> list[dict[str, Any]]:
    """The steps as /funnels gives them, of the people who started on each day."""
    numbers = [0] * len(funnel.steps)
    for day, people in started.items():
        numbers[0] += people
        for step, keeps in enumerate(funnel.keeps, start=1):
            luck = counts.chance("funnel", funnel.funnel_id, step, value, day)
            people = int(people * keeps * (0.9 + 0.2 * luck))  # noqa: PLW2901 - each step leaves fewer
            numbers[step] += people
    steps: list[dict[str, Any]] = []
    since_start = 0
    for step, (event, number) in enumerate(zip(funnel.steps, numbers, strict=True)):
        before = numbers[max(0, step - 1)]
        wait = int(funnel.waits[step - 1] * (0.8 + 0.4 * counts.chance("wait", step, value, number))) if step else None
        since_start += wait or 0
        described: dict[str, Any] = {
            "count": number,
            "avg_time": wait,
            "avg_time_from_start": since_start if step else None,
            "step_conv_ratio": number / before if before else 0,
            "goal": event.name,
            "overall_conv_ratio": number / numbers[0] if numbers[0] else 0,
            "event": event.name,
        }
        if event.is_custom:
            custom_id = int(event.name.partition(":")[2])
            described |= {"step_label": event.display_name, "custom_event": True, "custom_event_id": custom_id}
        steps.append(described)
    return steps


def funnels_list(asked: Asked) -> list[dict[str, Any]]:
    return [{"funnel_id": funnel.funnel_id, "name": funnel.name} for funnel in dataset.FUNNELS.values()]


def retention(asked: Asked) -> dict[str, Any]:
    unit, interval = asked.get("unit", "day"), asked.get("interval", 1)
    first_event = asked.get("born_event") if asked.get("retention_type", "birth") == "birth" else asked.get("event")
    born = dataset.EVENTS.get(first_event) if first_event else ANY_EVENT
    if not born:
        return {}
    answer: dict[str, Any] = {}
    for first, days in buckets(asked.get("from_date"), asked.get("to_date"), unit).items():
        size = counts.together(list(_people(asked, born, days, asked.get("born_where", "")).values()))
        if size:
            seed = (asked.get("event", ""), asked.get("where", ""))
            columns = asked.get("interval_count", 1)
            back = came_back(size, first, columns, asked.today, unit=unit, interval=interval, seed=seed)
            if asked.get("unbounded_retention"):
                back = [max(back[number:]) for number in range(len(back))]
            answer[str(first)] = {"counts": back, "first": size}
    return answer


def came_back(
    size: int,
    first: date,
    columns: int,
    today: date,
    *,
    unit: str = "day",
    interval: int = 1,
    seed: Iterable[object] = (),
) -> list[int]:
    """How many of a cohort were seen again in each interval; intervals that have not begun are there, as 0."""
    back = []
    for number in range(columns):
        share = 0.78 if number == 0 else 0.46 * number**-0.55
        people = int(size * min(1, share * (0.9 + 0.2 * counts.chance("retention", *seed, first, number))))
        begins, ends = (later(start_of(first, unit), unit, interval * (number + more)) for more in (0, 1))
        if begins > today:
            people = 0
        elif ends > today:
            people = int(people * counts.TODAY_SO_FAR)
        back.append(people)
    return back


def addiction(asked: Asked) -> dict[str, Any]:
    """In how many hours or days of each day, week or month people were seen: column n is n + 1 of them, or more."""
    event = dataset.EVENTS.get(asked.get("event")) if "event" in asked.given else ANY_EVENT
    if not event:
        return {"data": {}}
    unit, by_day = asked.get("unit"), asked.get("addiction_unit") == "day"
    columns = {"day": 1, "week": 7, "month": 31}[unit] * (1 if by_day else 24)
    data = {}
    for first, days in buckets(asked.get("from_date"), asked.get("to_date"), unit).items():
        people = counts.together(list(_people(asked, event, days, asked.get("where", "")).values()))
        row = []
        for number in range(columns):
            luck = counts.chance("frequency", event.name, unit, first, number)
            people = people if number == 0 else int(people * (0.42 + 0.3 * luck + 0.25 * number / columns))
            row.append(people)
        data[str(first)] = row
    return {"data": data}


def _people(asked: Asked, event: dataset.Event, days: list[date], where: str) -> counts.Daily:
    found = asked.daily(event, days, where)
    return {day: counts.people_of(event, number, day) for day, number in found.items()}

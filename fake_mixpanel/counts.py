"""Computes the counts of events. The same project, event, conditions, value and day give the same count.

The counts depend on a hash, not on random numbers, so all processes compute the same counts. Only today's count changes
later: today's count is a part of the day's final count (TODAY_SO_FAR).
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Literal

from fake_mixpanel.conditions import Where
from fake_mixpanel.dataset import DEMO_PROJECT_ID, RARE, Event, Shares

Measure = Literal["general", "unique", "average"]
Daily = dict[date, int]

TODAY_SO_FAR = 0.4
"""Today's count is always this share of the day's final count, so tests do not depend on the time of day."""

_FIRST_DAY = date(2024, 1, 1)
_HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 9, 8, 9, 9, 8, 7, 7, 6, 6, 5, 5, 4, 3)


def chance(*parts: object) -> float:
    """Returns a number from 0 to 1 that looks random, but is always the same for the same `parts`."""
    text = "\x1f".join(map(str, parts)).encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64


def event_count(event: Event, day: date, today: date, project_id: int, where: Where = ()) -> int:
    """Returns how often the event happened in the project on `day`, if only events that match `where` are counted."""
    if day > today:
        return 0
    growth = max(0.2, 1 + (day - _FIRST_DAY).days * 0.0004)
    number = event.daily * event.rhythm[day.weekday()] * growth * (0.86 + 0.28 * chance(event.name, day))
    if project_id != DEMO_PROJECT_ID:
        number *= 0.4 + 0.5 * chance("project", project_id, event.name)
    if day == today:
        number *= TODAY_SO_FAR
    if where:
        number *= 0.15 + 0.7 * chance("where", where)
    return int(number)


def by_value(event: Event, name: str, parts: Shares, whole: Daily) -> dict[str, Daily]:
    """Splits the events of each day by the values of the property `name`. Returns value → day → number of events.

    `parts` has the values with their weights. `whole` has the total number of events per day.
    """
    split: dict[str, Daily] = {value: {} for value in parts}
    for day, number in whole.items():
        for value, part in _split(event, name, parts, number, day).items():
            split[value][day] = part
    return {value: found for value, found in split.items() if found}


def _split(event: Event, name: str, parts: Shares, number: int, day: date) -> dict[str, int]:
    luck = {value: chance(event.name, name, value, day) for value in parts}
    rare = RARE * sum(parts.values())
    # The order differs every day, so that every value gets a count on some day even if the total is small.
    there = sorted((value for value in parts if parts[value] >= rare or luck[value] < 0.4), key=luck.__getitem__)
    given = _spread(number, [parts[value] * (0.7 + 0.6 * luck[value]) for value in there])
    return {value: part for value, part in zip(there, given, strict=True) if part}


def measured(measure: Measure, event: Event, found: Mapping[date, int], value: str = "") -> int | float:
    """Returns the number of events (`general`), of different people (`unique`), or of events per person (`average`).

    `found` has the number of events per day.
    """
    total = sum(found.values())
    if measure == "general" or not total:
        return total
    people = distinct_people([people_of(event, number, day, value) for day, number in found.items()])
    return people if measure == "unique" else total / people


def people_of(event: Event, number: int, day: date, value: str = "") -> int:
    """Returns the number of people who caused `number` events on one day."""
    each = event.per_person * (1 + 0.1 * chance("people", event.name, day))
    if value:
        each *= 1 + 0.05 * chance("people", event.name, value)
    return max(1, int(number / each)) if number else 0


def distinct_people(people: list[int]) -> int:
    """Returns the number of different people over several days. `people` has the number of people per day."""
    people = [some for some in people if some]
    if len(people) < 2:
        return sum(people)
    overlapping = int(sum(people) * float(len(people)) ** -0.45)
    return max(*people, min(sum(people) - 1, overlapping))


def amounts(split: Mapping[str, Daily], whole: Daily) -> dict[date, float]:
    """Returns the sum of a numeric property per day. `split`: the result of `by_value` for the property."""
    sums = dict.fromkeys(whole, 0.0)
    for value, daily in split.items():
        number = numeric(value) or 0.0
        for day, times in daily.items():
            sums[day] += times * number
    return sums


def numeric(value: str) -> float | None:
    return float(value) if value.replace(".", "").isdigit() else None


def by_hour(number: int, *seed: object) -> list[int]:
    """Spreads the count of one day over 24 hours. The same `seed` gives the same counts."""
    return _spread(number, [weight * (0.7 + 0.6 * chance(*seed, hour)) for hour, weight in enumerate(_HOURS)])


def _spread(number: int, weights: list[float]) -> list[int]:
    everything, seen, given, parts = sum(weights), 0.0, 0, []
    for weight in weights:
        seen += weight
        upto = round(number * seen / everything)
        parts.append(upto - given)
        given = upto
    return parts

"""How often things happened: a pure function of event, property, value and day, so that an answer never changes.

The ups and downs come from a hash, not from a random generator: two processes give the same number.
"""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Literal

from fake_mixpanel.dataset import DEMO_PROJECT_ID, RARE, Event, Shares

Measure = Literal["general", "unique", "average"]
Daily = dict[date, int]

TODAY_SO_FAR = 0.4
"""The share of a day's events that today has, whatever the hour, so that tests do not depend on the clock."""

_FIRST_DAY = date(2024, 1, 1)
_HOURS = (2, 1, 1, 1, 1, 2, 3, 5, 7, 9, 10, 9, 8, 9, 9, 8, 7, 7, 6, 6, 5, 5, 4, 3)


def chance(*parts: object) -> float:
    """From 0 to 1, evenly spread, always the same for the same parts."""
    text = "\x1f".join(map(str, parts)).encode("utf-8", "backslashreplace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) / 2**64


def happened(event: Event, day: date, today: date, project_id: int, where: str = "") -> int:
    """How often on one day, of all events or of those an expression lets through; every project has its own numbers."""
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
    """The same events by a property's values; they add up to the whole on every day."""
    split: dict[str, Daily] = {value: {} for value in parts}
    for day, number in whole.items():
        for value, part in _split(event, name, parts, number, day).items():
            split[value][day] = part
    return {value: found for value, found in split.items() if found}


def _split(event: Event, name: str, parts: Shares, number: int, day: date) -> dict[str, int]:
    luck = {value: chance(event.name, name, value, day) for value in parts}
    rare = RARE * sum(parts.values())
    # In another order every day, so that of a small number every value gets something some day.
    there = sorted((value for value in parts if parts[value] >= rare or luck[value] < 0.4), key=luck.__getitem__)
    given = _spread(number, [parts[value] * (0.7 + 0.6 * luck[value]) for value in there])
    return {value: part for value, part in zip(there, given, strict=True) if part}


def measured(measure: Measure, event: Event, found: Mapping[date, int], value: str = "") -> int | float:
    """One number for some days: totals add up; people who come back count once; the average is events a person."""
    total = sum(found.values())
    if measure == "general" or not total:
        return total
    people = together([people_of(event, number, day, value) for day, number in found.items()])
    return people if measure == "unique" else round(total / people, 6)


def people_of(event: Event, number: int, day: date, value: str = "") -> int:
    """How many people made `number` events on one day: always fewer than events, but for a single one."""
    each = event.per_person * (1 + 0.1 * chance("people", event.name, day))
    if value:
        each *= 1 + 0.05 * chance("people", event.name, value)
    return max(1, int(number / each)) if number else 0


def together(people: list[int]) -> int:
    """People over several days: more than on the busiest day, fewer than the days' people added up."""
    people = [some for some in people if some]
    if len(people) < 2:
        return sum(people)
    overlapping = int(sum(people) * float(len(people)) ** -0.45)
    return max(*people, min(sum(people) - 1, overlapping))


def by_hour(number: int, *seed: object) -> list[int]:
    """A day's number over its 24 hours."""
    return _spread(number, [weight * (0.7 + 0.6 * chance(*seed, hour)) for hour, weight in enumerate(_HOURS)])


def _spread(number: int, weights: list[float]) -> list[int]:
    everything, seen, given, parts = sum(weights), 0.0, 0, []
    for weight in weights:
        seen += weight
        upto = round(number * seen / everything)
        parts.append(upto - given)
        given = upto
    return parts

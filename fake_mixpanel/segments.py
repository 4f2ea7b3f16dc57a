"""The answers about events: how many, of which values, how much."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from fake_mixpanel import counts, dataset
from fake_mixpanel.asked import Asked, Refused
from fake_mixpanel.buckets import days_between

Cells = dict[str, int | float]


def events(asked: Asked) -> dict[str, Any]:
    try:
        wanted = list(map(str, json.loads(asked.text("event"))))
    except (ValueError, TypeError):
        raise Refused(400, f"event must be a JSON array of event names: {asked.text('event')!r}") from None
    known = [dataset.EVENTS[name] for name in wanted if name in dataset.EVENTS]
    days = asked.days()
    return _chart(asked, {event.name: _cells(asked, event, asked.daily(event, days)) for event in known})


def segmentation(asked: Asked) -> dict[str, Any]:
    event = dataset.EVENTS.get(asked.text("event"))
    if not event:
        return _chart(asked, {})
    whole = asked.daily(event, asked.days(), asked.text("where", ""))
    if "on" not in asked.params:
        return _chart(asked, {event.name: _cells(asked, event, whole)})
    name, parts = dataset.breakdown(event, asked.text("on"))
    found = largest(counts.by_value(event, name, parts, whole), asked.number("limit", 60))
    return _chart(asked, {value: _cells(asked, event, daily, value) for value, daily in found.items()})


def largest(found: Mapping[str, counts.Daily], limit: int) -> dict[str, counts.Daily]:
    ranked = sorted(found, key=lambda value: (-sum(found[value].values()), value))
    return {value: found[value] for value in ranked[:limit]}


def numeric_sum(asked: Asked) -> dict[str, Any]:
    sums = {str(day): round(amount, 2) for day, (amount, _) in _amounts(asked).items()}
    return {"status": "ok", "computed_at": asked.now.isoformat(), "results": sums}


def numeric_average(asked: Asked) -> dict[str, Any]:
    averages = {str(day): amount / number for day, (amount, number) in _amounts(asked).items()}
    return {"status": "ok", "results": averages}


def top(asked: Asked) -> dict[str, Any]:
    """Today's most common events, compared with the same part of yesterday, in no order to rely on."""
    found: list[dict[str, Any]] = []
    for event in dataset.EVENTS.values():
        amount = counts.measured(_measure(asked), event, asked.daily(event, [asked.today]))
        before = sum(asked.daily(event, [asked.today - timedelta(days=1)]).values()) * counts.TODAY_SO_FAR
        found.append({"amount": amount, "event": event.name, "percent_change": amount / before - 1 if before else 1})
    found.sort(key=lambda entry: (-entry["amount"], entry["event"]))
    shown = sorted(found[: asked.number("limit", 100)], key=lambda entry: entry["event"])
    return {"events": shown, "type": _measure(asked)}


def names(asked: Asked) -> list[str]:
    amount = {event.name: sum(_last_month(asked, event).values()) for event in dataset.EVENTS.values()}
    return sorted(amount, key=lambda name: (-amount[name], name))[: asked.number("limit", 255)]


def top_properties(asked: Asked) -> dict[str, Any]:
    event = dataset.EVENTS.get(asked.text("event"))
    if not event:
        return {}
    number = sum(_last_month(asked, event).values())
    found = {name: int(number * (1 - 0.3 * counts.chance("has", event.name, name))) for name in event.properties}
    ranked = sorted(found, key=lambda name: (-found[name], name))[: asked.number("limit", 10)]
    return {name: {"count": found[name]} for name in ranked}


def property_values(asked: Asked) -> list[str]:
    event, name = dataset.EVENTS.get(asked.text("event")), asked.text("name")
    if not event or name not in event.properties:
        return []
    parts = dataset.shares(event, name)
    ranked = sorted(parts, key=lambda value: (-parts[value], value))
    return [value for value in ranked if value != "undefined"][: asked.number("limit", 255)]


def _measure(asked: Asked) -> counts.Measure:
    return cast(counts.Measure, asked.text("type", "general"))


def _last_month(asked: Asked, event: dataset.Event) -> counts.Daily:
    return asked.daily(event, days_between(asked.today - timedelta(days=30), asked.today))


def _cells(asked: Asked, event: dataset.Event, daily: counts.Daily, value: str = "") -> Cells:
    """What is absent did not happen."""
    found: Cells = {}
    for first, days in asked.buckets().items():
        number = counts.measured(_measure(asked), event, {day: daily[day] for day in days if day in daily}, value)
        if number:
            found[str(first)] = number
    return found


def _chart(asked: Asked, values: dict[str, Cells]) -> dict[str, Any]:
    """Neither dates nor labels come in an order to rely on."""
    dates = [str(first) for first in asked.buckets()]
    turned = len(dates) * 2 // 3
    shuffled = sorted(values, key=lambda label: counts.chance("order", label))
    return {
        "data": {"series": dates[turned:] + dates[:turned], "values": {label: values[label] for label in shuffled}},
        "legend_size": len(values),
    }


def _amounts(asked: Asked) -> dict[date, tuple[float, int]]:
    """By day: the sum of a numeric property, and the number of events; what is no number counts as 0."""
    days, event = asked.days(), dataset.EVENTS.get(asked.text("event"))
    if not event:
        return {}
    whole = asked.daily(event, days, asked.text("where", ""))
    name, parts = dataset.breakdown(event, asked.text("on"))
    sums: dict[date, float] = dict.fromkeys(whole, 0.0)
    for value, daily in counts.by_value(event, name, parts, whole).items():
        amount = float(value) if value.replace(".", "").isdigit() else 0.0
        for day, number in daily.items():
            sums[day] += number * amount
    return {day: (sums[day], number) for day, number in whole.items()}

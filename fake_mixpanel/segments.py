"""Computes the answers about events: counts, counts by property value, sums, averages, and lists of names."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

from fake_mixpanel import counts, dataset
from fake_mixpanel.buckets import days_between
from fake_mixpanel.query import Query, Refused

Cells = dict[str, int | float]


def events(query: Query) -> dict[str, Any]:
    try:
        wanted = list(map(str, json.loads(query.text("event"))))
    except (ValueError, TypeError):
        raise Refused(400, f"event must be a JSON array of event names, not {query.text('event')!r}") from None
    known = [dataset.EVENTS[name] for name in wanted if name in dataset.EVENTS]
    days = query.days()
    return _chart(query, {event.name: _cells(query, event, query.daily(event, days)) for event in known})


def segmentation(query: Query) -> dict[str, Any]:
    event = dataset.EVENTS.get(query.text("event"))
    if not event:
        return _chart(query, {})
    whole = query.daily(event, query.days(), query.where)
    if "on" not in query.params:
        return _chart(query, {event.name: _cells(query, event, whole)})
    name, parts = dataset.breakdown(event, query.text("on"))
    found = largest(counts.by_value(event, name, parts, whole), query.number("limit", 60))
    return _chart(query, {value: _cells(query, event, daily, value) for value, daily in found.items()})


def largest(found: Mapping[str, counts.Daily], limit: int) -> dict[str, counts.Daily]:
    ranked = sorted(found, key=lambda value: (-sum(found[value].values()), value))
    return {value: found[value] for value in ranked[:limit]}


def numeric_sum(query: Query) -> dict[str, Any]:
    sums = {str(day): round(amount, 2) for day, (amount, _) in _amounts(query).items()}
    return {"status": "ok", "computed_at": query.now.isoformat(), "results": sums}


def numeric_average(query: Query) -> dict[str, Any]:
    averages = {str(day): amount / number for day, (amount, number) in _amounts(query).items()}
    return {"status": "ok", "results": averages}


def top(query: Query) -> dict[str, Any]:
    """Answers /events/top: today's most common events, each compared with the same part of yesterday.

    As at Mixpanel, the events are not sorted by their amount.
    """
    found: list[dict[str, Any]] = []
    yesterday = query.today - timedelta(days=1)
    for event in dataset.EVENTS.values():
        amount = counts.measured(_measure(query), event, query.daily(event, [query.today]))
        numbers = query.daily(event, [yesterday])
        so_far = {yesterday: int(numbers[yesterday] * counts.TODAY_SO_FAR)} if numbers else {}
        before = counts.measured(_measure(query), event, so_far)
        found.append({"amount": amount, "event": event.name, "percent_change": amount / before - 1 if before else 1})
    found.sort(key=lambda entry: (-entry["amount"], entry["event"]))
    shown = sorted(found[: query.number("limit", 100)], key=lambda entry: entry["event"])
    return {"events": shown, "type": _measure(query)}


def names(query: Query) -> list[str]:
    amount = {event.name: sum(_last_month(query, event).values()) for event in dataset.EVENTS.values()}
    return sorted(amount, key=lambda name: (-amount[name], name))[: query.number("limit", 255)]


def top_properties(query: Query) -> dict[str, Any]:
    event = dataset.EVENTS.get(query.text("event"))
    if not event:
        return {}
    number = sum(_last_month(query, event).values())
    found = {name: int(number * (1 - 0.3 * counts.chance("has", event.name, name))) for name in event.properties}
    ranked = sorted(found, key=lambda name: (-found[name], name))[: query.number("limit", 10)]
    return {name: {"count": found[name]} for name in ranked}


def property_values(query: Query) -> list[str]:
    event, name = dataset.EVENTS.get(query.text("event")), query.text("name")
    if not event or name not in event.properties:
        return []
    parts = dataset.shares(event, name)
    ranked = sorted(parts, key=lambda value: (-parts[value], value))
    return [value for value in ranked if value != "undefined"][: query.number("limit", 255)]


def _measure(query: Query) -> counts.Measure:
    return cast(counts.Measure, query.text("type", "general"))


def _last_month(query: Query, event: dataset.Event) -> counts.Daily:
    return query.daily(event, days_between(query.today - timedelta(days=30), query.today))


def _cells(query: Query, event: dataset.Event, daily: counts.Daily, value: str = "") -> Cells:
    """Returns the number for each bucket. Buckets without events are left out."""
    found: Cells = {}
    for first, days in query.buckets().items():
        number = counts.measured(_measure(query), event, {day: daily[day] for day in days if day in daily}, value)
        if number:
            found[str(first)] = number
    return found


def _chart(query: Query, values: dict[str, Cells]) -> dict[str, Any]:
    """Returns an answer with unsorted dates and labels, because Mixpanel does not sort them either."""
    dates = [str(first) for first in query.buckets()]
    turned = len(dates) * 2 // 3
    shuffled = sorted(values, key=lambda label: counts.chance("order", label))
    return {
        "data": {"series": dates[turned:] + dates[:turned], "values": {label: values[label] for label in shuffled}},
        "legend_size": len(values),
    }


def _amounts(query: Query) -> dict[date, tuple[float, int]]:
    """Returns, for each day, the sum of a numeric property and the number of events."""
    days, event = query.days(), dataset.EVENTS.get(query.text("event"))
    if not event:
        return {}
    whole = query.daily(event, days, query.where)
    name, parts = dataset.breakdown(event, query.text("on"))
    sums = counts.amounts(counts.by_value(event, name, parts, whole), whole)
    return {day: (sums[day], number) for day, number in whole.items()}

"""The answers about events: how many, of which values, how much."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.asked import Asked
from fake_mixpanel.buckets import buckets, clock, days_between
from fake_mixpanel.expressions import breakdown

Cells = dict[str, int | float]


def events(asked: Asked) -> dict[str, Any]:
    days = days_between(asked.get("from_date"), asked.get("to_date"))
    known = [dataset.EVENTS[name] for name in asked.get("event") if name in dataset.EVENTS]
    found = {event.name: (event, asked.daily(event, days)) for event in known}
    return _chart(asked, {name: _cells(asked, event, daily) for name, (event, daily) in found.items()})


def segmentation(asked: Asked) -> dict[str, Any]:
    event = dataset.EVENTS.get(asked.get("event"))
    if not event:
        return _chart(asked, {})
    whole = _daily(asked, event)
    if "on" not in asked.given:
        return _chart(asked, {event.name: _cells(asked, event, whole)})
    name, parts = breakdown(event, asked.get("on"))
    found = largest(counts.by_value(event, name, parts, whole), asked.get("limit", 60))
    return _chart(asked, {value: _cells(asked, event, daily, value) for value, daily in found.items()})


def largest(found: Mapping[str, counts.Daily], limit: int) -> dict[str, counts.Daily]:
    ranked = sorted(found, key=lambda value: (-sum(found[value].values()), value))
    return {value: found[value] for value in ranked[:limit]}


def numeric_sum(asked: Asked) -> dict[str, Any]:
    sums = {key: round(amount, 2) for key, (amount, _) in _amounts(asked).items()}
    return {"status": "ok", "computed_at": asked.now.isoformat(), "results": sums}


def numeric_average(asked: Asked) -> dict[str, Any]:
    averages = {key: amount / number for key, (amount, number) in _amounts(asked).items()}
    return {"status": "ok", "results": averages}


def top(asked: Asked) -> dict[str, Any]:
    yesterday = asked.today - timedelta(days=1)
    ranked: list[dict[str, Any]] = []
    for event in dataset.EVENTS.values():
        amount = counts.measured(asked.get("type"), event, asked.daily(event, [asked.today]))
        before, now = (sum(asked.daily(event, [day]).values()) for day in (yesterday, asked.today))
        # Mixpanel compares with the same part of yesterday, and calls everything out of nothing 1.
        change = now / (before * counts.TODAY_SO_FAR) - 1 if before else 1
        ranked.append({"amount": amount, "event": event.name, "percent_change": change})
    ranked.sort(key=lambda entry: (-entry["amount"], entry["event"]))
    shown = sorted(ranked[: asked.get("limit", 100)], key=lambda entry: entry["event"])
    return {"events": shown, "type": asked.get("type")}


def names(asked: Asked) -> list[str]:
    days = _last_month(asked)
    amount = {
        event.name: counts.measured(asked.get("type"), event, asked.daily(event, days))
        for event in dataset.EVENTS.values()
    }
    return sorted(amount, key=lambda name: (-amount[name], name))[: asked.get("limit", 255)]


def top_properties(asked: Asked) -> dict[str, Any]:
    event = dataset.EVENTS.get(asked.get("event"))
    if not event:
        return {}
    number = sum(asked.daily(event, _last_month(asked)).values())
    found = {name: int(number * (1 - 0.3 * counts.chance("has", event.name, name))) for name in event.properties}
    ranked = sorted(found, key=lambda name: (-found[name], name))[: asked.get("limit", 10)]
    return {name: {"count": found[name]} for name in ranked}


def property_values(asked: Asked) -> list[str]:
    event = dataset.EVENTS.get(asked.get("event"))
    if not event or asked.get("name") not in event.properties:
        return []
    parts = dataset.shares(event, asked.get("name"))
    ranked = sorted(parts, key=lambda value: (-parts[value], value))
    return [value for value in ranked if value != "undefined"][: asked.get("limit", 255)]


def _daily(asked: Asked, event: dataset.Event) -> counts.Daily:
    days = days_between(asked.get("from_date"), asked.get("to_date"))
    return asked.daily(event, days, asked.get("where", ""))


def _last_month(asked: Asked) -> list[date]:
    return days_between(asked.today - timedelta(days=30), asked.today)


def _cells(asked: Asked, event: dataset.Event, daily: counts.Daily, value: str = "") -> Cells:
    """What is absent did not happen."""
    measure: counts.Measure = asked.get("type", "general")
    unit = asked.get("unit", "day")
    if unit in ("hour", "minute"):
        cells: Cells = {}
        for day, number in daily.items():
            for key, part in zip(clock(day, unit), _parts(number, unit, event.name, value, day), strict=True):
                if part:
                    cells[key] = counts.measured(measure, event, {day: part}, value)
        return cells
    grouped = {}
    for first, days in buckets(asked.get("from_date"), asked.get("to_date"), unit, _bucket_days(asked)).items():
        number_or_average = counts.measured(measure, event, {d: daily[d] for d in days if d in daily}, value)
        if number_or_average:
            grouped[str(first)] = number_or_average
    return grouped


def _parts(number: int, unit: str, *seed: object) -> list[int]:
    hours = counts.by_hour(number, *seed)
    if unit == "hour":
        return hours
    return [part for hour, some in enumerate(hours) for part in counts.by_minute(some, *seed, hour)]


def _bucket_days(asked: Asked) -> int | None:
    """/events has an `interval` too, but there it has become dates."""
    return asked.get("interval") if "unit" not in asked.given else None


def _chart(asked: Asked, values: dict[str, Cells]) -> dict[str, Any]:
    """Neither dates nor labels come in an order to rely on."""
    first, last, unit = asked.get("from_date"), asked.get("to_date"), asked.get("unit", "day")
    if unit in ("hour", "minute"):
        dates = [key for day in days_between(first, last) for key in clock(day, unit)]
    else:
        dates = [str(key) for key in buckets(first, last, unit, _bucket_days(asked))]
    turned = len(dates) * 2 // 3
    shuffled = sorted(values, key=lambda label: counts.chance("order", label))
    return {
        "data": {"series": dates[turned:] + dates[:turned], "values": {label: values[label] for label in shuffled}},
        "legend_size": len(values),
    }


def _amounts(asked: Asked) -> dict[str, tuple[float, int]]:
    """By day or hour: the sum of a numeric property, and the number of events; what is no number counts as 0."""
    event = dataset.EVENTS.get(asked.get("event"))
    if not event:
        return {}
    whole = _daily(asked, event)
    name, parts = breakdown(event, asked.get("on"))
    sums: dict[date, float] = dict.fromkeys(whole, 0.0)
    for value, daily in counts.by_value(event, name, parts, whole).items():
        for day, number in daily.items():
            sums[day] += number * _number(value)
    if asked.get("unit") != "hour":
        return {str(day): (sums[day], number) for day, number in whole.items()}
    hourly = {}
    for day, number in whole.items():
        for key, part in zip(clock(day, "hour"), counts.by_hour(number, event.name, day), strict=True):
            if part:
                hourly[key] = (sums[day] * part / number, part)
    return hourly


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return 0.0

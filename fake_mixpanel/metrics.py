"""Reads the metrics of an unsaved Insights report, and computes their numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fake_mixpanel import counts, dataset, filters
from fake_mixpanel.conditions import Where
from fake_mixpanel.query import unacceptable

Number = int | float

COUNTING = {
    "total": "Total Events",
    "unique": "Unique Users",
    "sessions": "Total Sessions",
    "dau": "DAU",
    "wau": "WAU",
    "mau": "MAU",
}
OF_PROPERTY = {
    "total": "Sum",
    "average": "Average",
    "median": "Median",
    "min": "Min",
    "max": "Max",
    "p25": "P25",
    "p75": "P75",
    "p90": "P90",
    "p99": "P99",
    "unique_values": "Distinct Count",
}
"""The measures of a property: Mixpanel's `math` → the measure's name in the answer."""

PERCENTILES = {"min": 0.0, "p25": 25.0, "median": 50.0, "p75": 75.0, "p90": 90.0, "p99": 99.0, "max": 100.0}
TRAILING = {"dau": 1, "wau": 7, "mau": 30}
"""Measures of active users: `math` → the number of counted days, up to the last day of the bucket."""

SESSIONS_PER_PERSON = 1.25


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric. `event` is None if the company has no such event. `property` is "" for counts of events or people."""

    name: str
    event: dataset.Event | None
    math: str
    property: str
    where: Where


def read(entry: Mapping[str, Any]) -> Metric:
    behavior, measurement = (entry.get(part) for part in ("behavior", "measurement"))
    if not isinstance(behavior, dict) or not isinstance(measurement, dict):
        raise unacceptable("a metric needs a behavior and a measurement")
    event, math, measured = behavior.get("name"), measurement.get("math"), measurement.get("property")
    if not isinstance(event, str) or not event:
        raise unacceptable("a metric needs the name of an event")
    if not isinstance(math, str) or math not in COUNTING | OF_PROPERTY:
        raise unacceptable(f"this fake Mixpanel does not support the math {math!r}")
    if measurement.get("perUserAggregation"):
        raise unacceptable("this fake Mixpanel does not support perUserAggregation")
    name = measured.get("name") if isinstance(measured, dict) else measured
    if (name is not None or measured is not None) and (not isinstance(name, str) or not name):
        raise unacceptable("the property of a metric needs a name")
    if math not in OF_PROPERTY and name:
        raise unacceptable(f"a metric with the math {math} cannot have a property")
    if math not in COUNTING and not name:
        raise unacceptable(f"a metric with the math {math} needs a property")
    title = f"{OF_PROPERTY[math]} of {name}" if name else COUNTING[math]
    where = filters.read(behavior.get("filters", []), behavior.get("filtersDeterminer", "all"))
    return Metric(f"{event} [{title}]", dataset.EVENTS.get(event), math, name or "", where)


def days_of(math: str, bucket: list[date]) -> list[date]:
    """Returns the days whose events count for a bucket. `bucket` has the days of the bucket."""
    if math in TRAILING:
        return [bucket[-1] - timedelta(days=back) for back in reversed(range(TRAILING[math]))]
    return bucket


def number(metric: Metric, event: dataset.Event, daily: counts.Daily, value: str) -> Number | None:
    """Returns the number of a metric. Returns None without events, or without usable values of the property.

    `daily` has the events per day, and `value` is the breakdown value, if any.
    """
    total = sum(daily.values())
    if not total:
        return None
    if metric.property:
        return _of_property(metric, event, daily, total)
    if metric.math == "total":
        return total
    if metric.math == "sessions":
        people = {day: counts.people_of(event, some, day, value) for day, some in daily.items()}
        return sum(min(daily[day], int(some * SESSIONS_PER_PERSON)) for day, some in people.items())
    return counts.measured("unique", event, daily, value)


def _of_property(metric: Metric, event: dataset.Event, daily: counts.Daily, total: int) -> Number | None:
    split = counts.by_value(event, metric.property, dataset.shares(event, metric.property), daily)
    if metric.math == "unique_values":
        return len(split.keys() - {"undefined"}) or None
    if metric.math in ("total", "average"):
        amount = sum(counts.amounts(split, daily).values())
        return round(amount, 2) if metric.math == "total" else amount / total
    times = {found: sum(some.values()) for value, some in split.items() if (found := counts.numeric(value)) is not None}
    return _percentile(times, PERCENTILES[metric.math]) if times else None


def _percentile(times: Mapping[float, int], percentile: float) -> float:
    """Returns the smallest value for which at least `percentile` percent of all values are equal or smaller.

    `times` has the number of occurrences of each value.
    """
    left = sum(times.values()) * percentile / 100
    for value in sorted(times):
        left -= times[value]
        if left <= 0:
            return value
    return max(times)

"""The measures of Insights' metrics over some days: counts of events and people, and of a numeric property."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from fake_mixpanel import counts, dataset
from fake_mixpanel.conditions import refused

Number = int | float
Daily = Mapping[date, int]

TITLES = {
    "total": "Total Events", "unique": "Unique Users", "sessions": "Total Sessions", "dau": "DAU", "wau": "WAU",
    "mau": "MAU", "cumulative_unique": "Cumulative Uniques", "average": "Average", "median": "Median", "min": "Min",
    "max": "Max", "p25": "P25", "p75": "P75", "p90": "P90", "p99": "P99", "custom_percentile": "Percentile",
    "unique_values": "Distinct Count",
}  # fmt: skip
"""Mixpanel's `math` → its name in a metric's key."""

OF_PROPERTY = (*("average", "median", "min", "max", "p25", "p75", "p90", "p99"), "custom_percentile", "unique_values")
_SHARES = {"median": 50, "p25": 25, "p75": 75, "p90": 90, "p99": 99}
_ACTIVE = {"sessions": 1.3, "dau": 1.0, "wau": 2.6, "mau": 5.5, "cumulative_unique": 1.0}


def check(measurement: Mapping[str, Any]) -> None:
    """Raises Refused for a measure that Mixpanel does not have, and for one that lacks its property."""
    math, named = measurement.get("math"), measurement.get("property")
    if math not in TITLES:
        raise refused(f"unknown math {math!r}")
    if named is not None and not (isinstance(named, dict) and named.get("name")):
        raise refused("the property of a measurement has no name")
    if math in OF_PROPERTY and not named:
        raise refused(f"math {math} requires a property")
    if math == "custom_percentile" and not isinstance(measurement.get("percentile"), int | float):
        raise refused("custom_percentile requires a percentile")


def measured(measurement: Mapping[str, Any], event: dataset.Event, daily: Daily, value: str) -> Number | None:
    """One number for the days; None without events. `value`: of the breakdown, "" without one."""
    if not sum(daily.values()):
        return None
    math, named = measurement["math"], measurement.get("property")
    if not named:
        if math == "total":
            return sum(daily.values())
        return int(counts.measured("unique", event, daily, value) * _ACTIVE.get(math, 1.0))
    by_value = counts.by_value(event, named["name"], dataset.shares(event, named["name"]), dict(daily))
    if math == "unique_values":
        return len(by_value)
    if math == "total":
        return round(sum(round(amount, 2) for amount in amounts(by_value, daily)), 2)
    if math == "average":
        return sum(amounts(by_value, daily)) / sum(daily.values())
    found = sorted((numeric(each), sum(days.values())) for each, days in by_value.items() if is_numeric(each))
    return at_share(found, math, measurement.get("percentile", 0)) if found else None


def amounts(by_value: Mapping[str, Daily], daily: Daily) -> list[float]:
    """The sum of the property per day."""
    return [sum(days.get(day, 0) * numeric(value) for value, days in by_value.items()) for day in daily]


def at_share(found: list[tuple[float, int]], math: str, percentile: float) -> float:
    if math in ("min", "max"):
        return found[0 if math == "min" else -1][0]
    left = sum(number for _, number in found) * _SHARES.get(math, percentile) / 100
    for value, number in found:
        left -= number
        if left <= 0:
            return value
    return found[-1][0]


def is_numeric(value: str) -> bool:
    return value.replace(".", "").isdigit()


def numeric(value: str) -> float:
    """A value that is no number counts as 0."""
    return float(value) if is_numeric(value) else 0.0

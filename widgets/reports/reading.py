"""Reading Mixpanel's answers: the one place where their JSON is taken apart, mistrusting every level."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from widgets.report import Number, Value, label, number

from .ranges import bucket_of


class ReadError(Exception):
    """Mixpanel answered something that is not the documented shape. The message is for people."""


def mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ReadError(f"Mixpanel's answer could not be read: {what} is missing.")
    return value


def sequence(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise ReadError(f"Mixpanel's answer could not be read: {what} is missing.")
    return value


def day(text: str) -> date | None:
    """The date that a key such as `2026-11-01` or `2026-11-01T00:00:00-07:00` names, else None."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def moment(text: Any) -> datetime | None:
    """An aware point in time such as `computed_at`, else None."""
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return parsed if parsed.tzinfo else None


def by_bucket(points: Any, unit: str, *, adds_up: bool) -> dict[date, Number]:
    """`{date: n}` → numbers by bucket. Dates that share a bucket are added where values add up.

    Raises ReadError where they may not be added: better no number than a wrong one.
    """
    found: dict[date, Number] = {}
    for key, value in mapping(points, "a series of dates").items():
        at, n = day(key), number(value)
        if at is None or n is None:
            continue
        bucket = bucket_of(at, unit)
        if bucket in found and not adds_up:
            raise ReadError(f"Mixpanel answered with more than one value for the {unit} of {bucket}.")
        found[bucket] = found.get(bucket, 0) + n
    return found


def along(buckets: Iterable[date], points: Mapping[date, Number], missing: Value = 0) -> tuple[Value, ...]:
    """The values in the order of the buckets; Mixpanel leaves out those without events."""
    return tuple(points.get(bucket, missing) for bucket in buckets)


def counted(answer: Any) -> list[tuple[str, Any]]:
    """The (label, `{date: n}`) of `{"data": {"values": …}}`, as `/events` and `/segmentation` answer."""
    return labelled(mapping(mapping(answer, "data").get("data"), "data").get("values"))


def counts_along(answer: Any, buckets: Sequence[date], unit: str, *, adds_up: bool) -> dict[str, tuple[Value, ...]]:
    """The same by label, in the order of the buckets."""
    return {name: along(buckets, by_bucket(points, unit, adds_up=adds_up)) for name, points in counted(answer)}


def labelled(values: Any, what: str = "values") -> list[tuple[str, Any]]:
    """`{label: …}` with labels made safe to keep."""
    return [(label(name), inner) for name, inner in mapping(values, what).items()]

"""The import format's keys: how each is called, of what type it is, and the model field that holds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from widgets.mixpanel.regions import REGIONS
from widgets.models.project import Auth
from widgets.reports import REPORT_TYPES
from widgets.spec import CHARTS, FILTER_OPS, MEASURES, OPTIONS, RANGES, SORTS, UNITS


class BadValue(Exception):
    """Says what is allowed."""


@dataclass(frozen=True, slots=True)
class Key:
    """`read` turns a JSON value into the field's, or raises BadValue."""

    read: Callable[[Any], Any]
    field: str = ""


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue("text in quotes")
    if "\x00" in value:
        raise BadValue("text without NUL characters")
    return value


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue("true or false")
    return value


def positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < 2**63:
        raise BadValue("a whole number, 1 or more")
    return value


def real(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise BadValue("a number")
    return value


def day(value: Any) -> date:
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        raise BadValue("a date as YYYY-MM-DD") from None


def nullable(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read_or_null(value: Any) -> Any:
        try:
            return None if value is None else read(value)
        except BadValue as bad:
            raise BadValue(f"{bad}, or null") from None

    return read_or_null


def one_of(allowed: Mapping[str, Any] | tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise BadValue(f"one of {', '.join(allowed)}")
        return value

    return read


def texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(entry, str) and "\x00" not in entry for entry in value):
        raise BadValue('a list of texts, such as ["Signed up"]')
    return value


def names(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(entry, str) for entry in value.values()):
        raise BadValue('an object from label to label, such as {"FR": "France"}')
    return value


def colors(value: Any) -> Any:
    entries = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list) or not all(isinstance(entry, str) for entry in entries):
        raise BadValue('a list such as ["#0072b2"], or an object from label to colour')
    return value


def filters(value: Any) -> list[dict[str, Any]]:
    example = 'a list such as [{"property": "plan", "op": "is", "value": "Team"}]'
    if not isinstance(value, list):
        raise BadValue(example)
    for entry in value:
        if not isinstance(entry, dict) or not {"property", "op"} <= set(entry) <= {"property", "op", "value"}:
            raise BadValue(example)
        if not isinstance(entry["property"], str) or entry["op"] not in FILTER_OPS:
            raise BadValue(f"{example}, with op one of {', '.join(FILTER_OPS)}")
        if not isinstance(entry.get("value"), str | int | float | bool | None):
            raise BadValue(f"{example}, with value a text, a number, true or false")
    return value


def options(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValue('an object such as {"comparison": true}')
    unknown = [name for name in value if name not in OPTIONS]
    if unknown:
        raise BadValue(f"an object with keys among {', '.join(OPTIONS)} (not {', '.join(map(repr, unknown))})")
    return value


PROJECT_KEYS: dict[str, Key] = {
    "name": Key(text),
    "project_id": Key(nullable(positive)),
    "region": Key(one_of(REGIONS)),
    "timezone": Key(text),
    "auth": Key(one_of((Auth.SERVICE_ACCOUNT, Auth.PROJECT_SECRET))),
    "username": Key(text),
    "secret": Key(text),
    "workspace_id": Key(nullable(positive)),
    "hourly_limit": Key(positive),
    "concurrent_limit": Key(positive),
    "refresh_minutes": Key(real),
}
WIDGET_KEYS: dict[str, Key] = {
    "project": Key(text),
    "title": Key(text),
    "slug": Key(text),
    "report": Key(one_of(REPORT_TYPES)),
    "events": Key(texts),
    "breakdown": Key(text),
    "property": Key(text, "property_name"),
    "filters": Key(filters),
    "where": Key(text),
    "measure": Key(one_of(MEASURES)),
    "unit": Key(one_of(UNITS)),
    "range": Key(one_of(RANGES)),
    "last": Key(positive),
    "include_today": Key(flag),
    "from_date": Key(nullable(day)),
    "to_date": Key(nullable(day)),
    "limit": Key(positive),
    "saved_report": Key(nullable(positive)),
    "funnel": Key(nullable(positive)),
    "born_event": Key(text),
    "intervals": Key(positive),
    "chart": Key(one_of(CHARTS)),
    "clean": Key(flag, "clean_labels"),
    "exclude": Key(texts),
    "rename": Key(names),
    "sort": Key(one_of(SORTS)),
    "top": Key(nullable(positive)),
    "other": Key(flag),
    "colors": Key(colors),
    "target": Key(nullable(real)),
    "options": Key(options),
    "refresh_minutes": Key(nullable(real)),
    "active": Key(flag),
}


def field_of(key: str) -> str:
    return WIDGET_KEYS[key].field or key


def key_of(field: str) -> str:
    """The key that people wrote for a model field that a message is about."""
    return next((name for name, key in WIDGET_KEYS.items() if (key.field or name) == field), field)

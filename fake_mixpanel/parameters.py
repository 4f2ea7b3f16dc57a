"""Which parameters each endpoint takes, and their checking: what Mixpanel would refuse is refused here.

From Mixpanel's OpenAPI description of the Query API; parameters it does not name are ignored, as Mixpanel does.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fake_mixpanel.asked import Refused
from fake_mixpanel.buckets import start_of
from fake_mixpanel.expressions import Implausible, property_of

LONGEST_RANGE = timedelta(days=3660)
MOST_VALUES = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    read: Callable[[str, str], Any]
    required: bool = False


def _text(name: str, value: str) -> str:
    return value


def _integer(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,15}", value):
        raise Refused(400, f"{name} must be an integer: {value!r}")
    return int(value)


def _counting(most: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        number = _integer(name, value)
        if not 1 <= number <= most:
            raise Refused(400, f"{name} must be between 1 and {most}: {value!r}")
        return number

    return read


def _day(name: str, value: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise Refused(400, f"{name} is not a date, yyyy-mm-dd expected: {value!r}")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise Refused(400, f"{name} is not a date, {error}: {value!r}") from None


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def read(name: str, value: str) -> str:
        if value not in allowed:
            raise Refused(400, f"invalid {name}: {value!r}, must be one of: {', '.join(allowed)}")
        return value

    return read


def _expression(name: str, value: str) -> str:
    try:
        property_of(value)
    except Implausible as error:
        raise Refused(400, f"failed to parse expression in {name}: {error}: {value}") from None
    return value


def _event_list(name: str, value: str) -> list[str]:
    try:
        events = json.loads(value)
    except ValueError:
        events = None
    if not isinstance(events, list) or not events or not all(isinstance(event, str) for event in events):
        raise Refused(400, f"{name} must be a JSON array of event names: {value!r}")
    return events


def _flag(name: str, value: str) -> bool:
    return _one_of("true", "false", "1", "0")(name, value.lower()) in ("true", "1")


def _nothing(name: str, value: str) -> None:
    raise Refused(400, f"{name} is not a parameter of this endpoint")


_DATES = {"from_date": Rule(_day, required=True), "to_date": Rule(_day, required=True)}
_MEASURES = _one_of("general", "unique", "average")
_LONG_UNITS = _one_of("day", "week", "month")
_LIMIT = Rule(_counting(MOST_VALUES))
_JSON_ONLY = Rule(_one_of("json"))
_NUMERIC = {
    "event": Rule(_text, required=True),
    **_DATES,
    "on": Rule(_expression, required=True),
    "unit": Rule(_one_of("hour", "day")),
    "where": Rule(_expression),
}

RULES: dict[str, dict[str, Rule]] = {
    "events": {
        "event": Rule(_event_list, required=True),
        "type": Rule(_MEASURES, required=True),
        "unit": Rule(_one_of("minute", "hour", "day", "week", "month"), required=True),
        "interval": Rule(_counting(366)),
        "from_date": Rule(_day),
        "to_date": Rule(_day),
        "where": Rule(_nothing),
        "on": Rule(_nothing),
        "format": _JSON_ONLY,
    },
    "segmentation": {
        "event": Rule(_text, required=True),
        **_DATES,
        "on": Rule(_expression),
        "where": Rule(_expression),
        # `week` is missing from the published list, but Mixpanel's own client library sends it.
        "unit": Rule(_one_of("minute", "hour", "day", "week", "month")),
        "interval": Rule(_counting(LONGEST_RANGE.days)),
        "limit": _LIMIT,
        "type": Rule(_MEASURES),
        "format": _JSON_ONLY,
    },
    "segmentation/sum": _NUMERIC,
    "segmentation/average": _NUMERIC,
    "insights": {"bookmark_id": Rule(_integer, required=True)},
    "funnels": {
        "funnel_id": Rule(_integer, required=True),
        **_DATES,
        "length": Rule(_counting(90 * 86_400)),
        "length_unit": Rule(_one_of("day", "hour", "minute", "second")),
        "interval": Rule(_counting(LONGEST_RANGE.days)),
        "unit": Rule(_LONG_UNITS),
        "on": Rule(_expression),
        "where": Rule(_expression),
        "limit": _LIMIT,
    },
    "funnels/list": {},
    "retention": {
        **_DATES,
        "retention_type": Rule(_one_of("birth", "compounded")),
        "born_event": Rule(_text),
        "event": Rule(_text),
        "born_where": Rule(_expression),
        "where": Rule(_expression),
        "interval": Rule(_counting(90)),
        "interval_count": Rule(_counting(1000)),
        "unit": Rule(_LONG_UNITS),
        "unbounded_retention": Rule(_flag),
        "on": Rule(_nothing),
    },
    "retention/addiction": {
        **_DATES,
        "unit": Rule(_LONG_UNITS, required=True),
        "addiction_unit": Rule(_one_of("hour", "day"), required=True),
        "event": Rule(_text),
        "where": Rule(_expression),
        "on": Rule(_nothing),
    },
    "events/top": {"type": Rule(_MEASURES, required=True), "limit": _LIMIT},
    "events/names": {"type": Rule(_MEASURES, required=True), "limit": _LIMIT},
    "events/properties/top": {"event": Rule(_text, required=True), "limit": _LIMIT},
    "events/properties/values": {
        "event": Rule(_text, required=True),
        "name": Rule(_text, required=True),
        "limit": _LIMIT,
    },
    "cohorts/list": {},
    "app/bookmarks": {
        "v": Rule(_one_of("2"), required=True),
        "bookmark_type": Rule(_one_of("insights", "funnels", "retention", "flows")),
    },
}


def read_parameters(endpoint: str, params: Mapping[str, str], today: date) -> dict[str, Any]:
    """What was given, read; raises Refused. A parameter left empty counts as left out."""
    given = {}
    for name, rule in {"workspace_id": Rule(_integer), **RULES[endpoint]}.items():
        value = params.get(name, "")
        if value:
            given[name] = rule.read(name, value)
        elif rule.required:
            raise Refused(400, f"{name} is a required parameter")
    _check_together(endpoint, given)
    if endpoint == "events":
        _last_units(given, today)
    _check_range(given, today)
    return given


def _check_together(endpoint: str, given: Mapping[str, Any]) -> None:
    if endpoint in ("segmentation", "funnels") and "interval" in given and "unit" in given:
        raise Refused(400, "specify either interval or unit, not both")
    if endpoint == "events" and given["type"] == "unique" and given["unit"] in ("hour", "minute"):
        raise Refused(400, "hourly uniques are not available")
    if endpoint == "retention" and given.get("retention_type", "birth") == "birth" and "born_event" not in given:
        raise Refused(400, "born_event is a required parameter when retention_type is birth")
    if endpoint == "retention/addiction" and given["unit"] == given["addiction_unit"]:
        raise Refused(400, "addiction_unit must be smaller than unit")


def _last_units(given: dict[str, Any], today: date) -> None:
    """`interval` of /events is a number of units, the running one among them, in place of dates."""
    dates = "from_date" in given or "to_date" in given
    if dates == ("interval" in given):
        raise Refused(400, "specify either interval or from_date and to_date")
    if dates:
        if "from_date" not in given or "to_date" not in given:
            raise Refused(400, "from_date and to_date are required parameters")
        return
    first = today
    for _ in range(given["interval"] - 1):
        first = start_of(first, given["unit"]) - timedelta(days=1)
    given.update(from_date=start_of(first, given["unit"]), to_date=today)


def _check_range(given: Mapping[str, Any], today: date) -> None:
    if "to_date" not in given:
        return
    if given["to_date"] > today:
        raise Refused(400, "to_date cannot be later than today")
    if given["from_date"] > given["to_date"]:
        raise Refused(400, "from_date cannot be later than to_date")
    if given["to_date"] - given["from_date"] > LONGEST_RANGE:
        raise Refused(400, f"from_date and to_date are more than {LONGEST_RANGE.days} days apart")

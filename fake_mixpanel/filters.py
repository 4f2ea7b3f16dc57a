"""Reads the typed filters of an Insights report.

Raises Refused for a filter that Mixpanel would refuse, or that the fake does not support.
"""

from collections.abc import Mapping
from typing import Any

from fake_mixpanel.conditions import Condition, Where, condition, joined
from fake_mixpanel.query import unacceptable

OPERATORS: dict[str, dict[str, str]] = {
    "string": {
        "equals": "==",
        "does not equal": "!=",
        "contains": "in",
        "does not contain": "not in",
        "is set": "defined",
        "is not set": "not defined",
    },
    "number": {"equals": "==", "does not equal": "!=", "is greater than": ">", "is less than": "<"},
    "boolean": {"true": "true", "false": "false"},
}
"""Type of the filter → Mixpanel's name for an operator → the operator in a `Condition`."""


def read(entries: Any, determiner: object = "all") -> Where:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise unacceptable("filters must be a list of objects")
    if determiner != "all":
        raise unacceptable(f"this fake Mixpanel does not support the filtersDeterminer {determiner!r}")
    return joined(*map(_condition, entries))


def _condition(entry: Mapping[str, Any]) -> Condition:
    name, kind, operator = (entry.get(key) for key in ("value", "filterType", "filterOperator"))
    value = entry.get("filterValue")
    if not isinstance(name, str) or not name:
        raise unacceptable("a filter needs the name of a property")
    if not isinstance(kind, str) or kind not in OPERATORS:
        raise unacceptable(f"this fake Mixpanel does not support the filterType {kind!r}")
    if not isinstance(operator, str) or operator not in OPERATORS[kind]:
        raise unacceptable(f"this fake Mixpanel does not support the filterOperator {operator!r} for the type {kind}")
    op = OPERATORS[kind][operator]
    if op.endswith("defined"):
        return condition(name, op)
    if kind == "boolean":
        return condition(name, "==", op == "true")
    if kind == "string" and op in ("==", "!="):
        if not isinstance(value, list) or len(value) != 1:
            raise unacceptable("filterValue must be a list of one string for this filterOperator")
        [value] = value
    if isinstance(value, bool) or not isinstance(value, str if kind == "string" else int | float):
        raise unacceptable(f"filterValue must be a {kind}, not {value!r}")
    return condition(name, op, value)

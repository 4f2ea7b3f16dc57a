"""Reads the typed filters of an Insights report.

Raises Refused for a filter that Mixpanel would refuse, or that the fake does not support.
"""

from collections.abc import Mapping
from typing import Any

from fake_mixpanel.conditions import Condition, Where, condition, joined
from fake_mixpanel.query import unacceptable

_SET = {"is set": "defined", "is not set": "not defined"}
OPERATORS: dict[str, dict[str, str]] = {
    "string": {
        "equals": "==",
        "does not equal": "!=",
        "contains": "in",
        "does not contain": "not in",
        "starts with": "starts",
        "ends with": "ends",
        **_SET,
    },
    "number": {
        "equals": "==",
        "is equal to": "==",
        "does not equal": "!=",
        "is greater than": ">",
        "is less than": "<",
        "is at least": ">=",
        "is greater than or equal to": ">=",
        "is at most": "<=",
        "is less than or equal to": "<=",
        "is between": "between",
        "between": "between",
        "not between": "not between",
        **_SET,
    },
    "boolean": {"true": "true", "false": "false", **_SET},
}
"""Type of the filter → Mixpanel's name for an operator → the operator in a `Condition`."""


def read(entries: Any, determiner: object = "all") -> Where:
    """Returns the conditions of a list of filters, or one condition for all filters if `determiner` is `any`."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise unacceptable("filters must be a list of objects")
    if determiner not in ("all", "any"):
        raise unacceptable(f"unknown filtersDeterminer {determiner!r}")
    where = joined(*map(_condition, entries))
    return (("", "any", where),) if determiner == "any" and len(where) > 1 else where


def _condition(entry: Mapping[str, Any]) -> Condition:
    name, kind, operator = (entry.get(key) for key in ("value", "filterType", "filterOperator"))
    value = entry.get("filterValue")
    if not isinstance(name, str) or not name:
        raise unacceptable("a filter needs the name of a property")
    if not isinstance(kind, str) or kind not in OPERATORS:
        raise unacceptable(f"unknown filterType {kind!r}")
    if not isinstance(operator, str) or operator not in OPERATORS[kind]:
        raise unacceptable(f"unknown filterOperator {operator!r} for the filterType {kind}")
    op = OPERATORS[kind][operator]
    if op.endswith("defined"):
        return condition(name, op)
    if kind == "boolean":
        return condition(name, "==", op == "true")
    if kind == "number":
        return condition(name, op, _numbers(value) if "between" in op else _number(value))
    return condition(name, op, _texts(value) if op in ("==", "!=") else _text(value))


def _texts(value: Any) -> str | tuple[str, ...]:
    """Returns the text to compare the property with, or a sorted tuple of several texts."""
    if not isinstance(value, list) or not value:
        raise unacceptable("filterValue must be a list of strings for this filterOperator")
    texts = sorted({_text(each) for each in value})
    return texts[0] if len(texts) == 1 else tuple(texts)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise unacceptable(f"filterValue must be a string, not {value!r}")
    return value


def _number(value: Any) -> int | float:
    [value] = value if isinstance(value, list) and len(value) == 1 else [value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise unacceptable(f"filterValue must be a number, not {value!r}")
    return value


def _numbers(value: Any) -> tuple[int | float, ...]:
    if not isinstance(value, list) or len(value) != 2:
        raise unacceptable("filterValue must be a list of two numbers")
    return tuple(map(_number, value))

"""Reads conditions on properties: from expressions, and from the typed filters of Insights.

Both give the same text for the same conditions, because the counts of filtered events depend on that text only.
"""

import json
import re
from typing import Any

from fake_mixpanel.query import Refused

_STRING = r'"(?:[^"\\]|\\.)*"'
_PROPERTY = rf"properties\[({_STRING})\]"
_VALUE = rf"{_STRING}|-?[\d.]+(?:[eE][+-]?\d+)?|true|false"
_CONDITION = re.compile(
    rf"{_PROPERTY} (==|!=|>|<) ({_VALUE})"
    rf"|(not \()?({_STRING}) in {_PROPERTY}(?(4)\))"
    rf"|(not \()?defined \({_PROPERTY}\)(?(7)\))",
    re.DOTALL,
)

OPERATORS = {
    "string": {
        "equals": "==", "does not equal": "!=", "contains": "in", "does not contain": "not in",
        "is set": "defined", "is not set": "not defined",
    },
    "number": {
        "equals": "==", "does not equal": "!=", "is equal to": "==", "is greater than": ">", "is less than": "<",
        "is between": "between", "is set": "defined", "is not set": "not defined",
    },
    "boolean": {"true": "== true", "false": "== false"},
}  # fmt: skip
"""Type of a filter → its operators."""


def refused(words: str) -> Refused:
    return Refused(400, f"UserVisibleParamsError: {words}")


def of_expression(where: str) -> str:
    """The conditions of a simple expression in a fixed form and order; any other expression stays unchanged."""
    if not where:
        return ""
    found, position = [], 0
    joined = where.startswith("(")
    while position < len(where):
        match = _CONDITION.match(where, position + joined)
        if match is None:
            return where
        found.append(_condition(match.groups()))
        position = match.end() + joined + len(" and ")
    return in_order(found)


def _condition(groups: tuple[str, ...]) -> str:
    name, op, value, no, text, where, unset, defined = groups
    if op:
        return written(_unquoted(name), op, json.loads(value))
    if text:
        return written(_unquoted(where), "not in" if no else "in", _unquoted(text))
    return written(_unquoted(defined), "not defined" if unset else "defined", None)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)


def of_filters(filters: Any) -> str:
    """The conditions of a list of typed filters. Raises Refused for types and operators that Mixpanel does not have."""
    if not isinstance(filters, list) or not all(isinstance(each, dict) for each in filters):
        raise refused("filters must be a list")
    return in_order([_filter(each) for each in filters])


def _filter(entry: dict[str, Any]) -> str:
    name, kind, operator = (entry.get(key) for key in ("value", "filterType", "filterOperator"))
    value = entry.get("filterValue")
    if not isinstance(name, str) or not name:
        raise refused("a filter names no property")
    if kind not in OPERATORS:
        raise refused(f"unknown filter type {kind!r}")
    if operator not in OPERATORS[kind]:
        raise refused(f"unknown filter operator {operator!r} for {kind}")
    op = OPERATORS[kind][operator]
    if kind == "boolean":
        op, value = "==", operator == "true"
    elif kind == "string" and op in ("==", "!="):
        if not isinstance(value, list) or not value:
            raise refused("filterValue must be a list of texts")
        value = value[0] if len(value) == 1 else value
    elif op in (">", "<") and not isinstance(value, int | float):
        raise refused("filterValue must be a number")
    return written(name, op, value)


def written(name: str, op: str, value: Any) -> str:
    if isinstance(value, bool) and op == "!=":
        op, value = "==", not value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps([name, op, value])


def in_order(conditions: list[str]) -> str:
    return " and ".join(sorted(set(conditions)))

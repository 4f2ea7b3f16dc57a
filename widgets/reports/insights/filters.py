"""Turns simple conditions into filters of an Insights report, in the form that Mixpanel's SDK writes."""

from typing import Any

from widgets.spec import Filter

OPERATORS = {
    "is": "equals",
    "is_not": "does not equal",
    "contains": "contains",
    "not_contains": "does not contain",
    "gt": "is greater than",
    "lt": "is less than",
    "set": "is set",
    "not_set": "is not set",
}
"""MixCyfe's condition → Mixpanel's operator."""


def filter_entry(condition: Filter) -> dict[str, Any]:
    """An entry of the report's section `filter`, or of a metric's `filters`."""
    name, op, value = condition
    operator, kind = OPERATORS[op], "string"
    if op in ("set", "not_set"):
        value = None
    elif isinstance(value, bool) and op in ("is", "is_not"):
        kind, operator, value = "boolean", "true" if value == (op == "is") else "false", None
    elif isinstance(value, str) or op in ("contains", "not_contains"):
        value = str(value).lower() if isinstance(value, bool) else str(value)
    else:
        kind = "number"
    return {
        "resourceType": "events",
        "filterType": kind,
        "defaultType": kind,
        "filterValue": [value] if kind == "string" and op in ("is", "is_not") else value,
        "filterOperator": operator,
        "value": name,
    }

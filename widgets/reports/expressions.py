"""Turns plain property names and simple conditions into expressions of Mixpanel's query language.

https://developer.mixpanel.com/reference/segmentation-expressions
"""

import json
import re
from collections.abc import Sequence

from widgets.spec import Filter

SIMPLE = re.compile(r'\s*properties\["((?:[^"\\]|\\.)*)"\]\s*')


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def is_expression(text: str) -> bool:
    """Whether the text is an expression such as `properties["plan"]`, and not the plain name of a property."""
    return '["' in text


def property_expression(name: str) -> str:
    """The expression `properties["plan"]` for the property `plan`. A text that is an expression stays unchanged."""
    return name.strip() if is_expression(name) else f"properties[{quoted(name)}]"


def property_title(name: str) -> str:
    """The breakdown's name that people see: `plan` for `properties["plan"]`. Any other text stays unchanged."""
    simple = SIMPLE.fullmatch(name)
    return re.sub(r"\\(.)", r"\1", simple[1]) if simple else name


def condition(widget_filter: Filter) -> str:
    """One filter as an expression, such as `properties["amount"] > 5`. Numbers and booleans keep their types, but
    `contains` and `not_contains` turn them into texts."""
    wanted = widget_filter.value
    name = property_expression(widget_filter.property)
    value = quoted(wanted) if isinstance(wanted, str) else json.dumps(wanted)
    text = quoted(wanted if isinstance(wanted, str) else json.dumps(wanted))
    match widget_filter.op:
        case "is":
            return f"{name} == {value}"
        case "is_not":
            return f"{name} != {value}"
        case "contains":
            return f"{text} in {name}"
        case "not_contains":
            return f"not ({text} in {name})"
        case "gt":
            return f"{name} > {value}"
        case "lt":
            return f"{name} < {value}"
        case "set":
            return f"defined ({name})"
        case "not_set":
            return f"not (defined ({name}))"
    raise ValueError(f"unknown condition {widget_filter.op!r}")


def where_expression(filters: Sequence[Filter], where: str) -> str:
    """All filters and the expression `where`, joined by `and`; "" if there are none."""
    parts = [condition(widget_filter) for widget_filter in filters]
    if where.strip():
        parts.append(where.strip())
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)

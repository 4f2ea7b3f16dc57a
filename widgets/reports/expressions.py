"""Writes Mixpanel's expressions from plain property names and simple conditions.

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
    """Whether the text is a full expression, not the plain name of a property."""
    return '["' in text


def property_expression(name: str) -> str:
    """`plan` → `properties["plan"]`. A full expression stays unchanged."""
    return name.strip() if is_expression(name) else f"properties[{quoted(name)}]"


def property_title(name: str) -> str:
    """The name to show for a breakdown: `plan` for `properties["plan"]`, else the text itself."""
    simple = SIMPLE.fullmatch(name)
    return re.sub(r"\\(.)", r"\1", simple[1]) if simple else name


def condition(widget_filter: Filter) -> str:
    """One simple condition as an expression. Numbers and booleans keep their types."""
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
    """All conditions and the free expression, joined by `and`; "" if there are none."""
    parts = [condition(widget_filter) for widget_filter in filters]
    if where.strip():
        parts.append(where.strip())
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)

"""Mixpanel's expressions out of plain names and simple conditions.

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
    """Whether a breakdown or property is an expression already, not the plain name of a property."""
    return '["' in text


def property_expression(name: str) -> str:
    """`plan` → `properties["plan"]`; a full expression passes as it is."""
    return name.strip() if is_expression(name) else f"properties[{quoted(name)}]"


def property_title(name: str) -> str:
    """The name to show for a breakdown: `properties["plan"]` is the property `plan` too."""
    simple = SIMPLE.fullmatch(name)
    return re.sub(r"\\(.)", r"\1", simple[1]) if simple else name


def condition(asked: Filter) -> str:
    """One simple condition as an expression; numbers and booleans keep their types."""
    name = property_expression(asked.property)
    value = quoted(asked.value) if isinstance(asked.value, str) else json.dumps(asked.value)
    text = quoted(asked.value if isinstance(asked.value, str) else json.dumps(asked.value))
    match asked.op:
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
    raise ValueError(f"unknown condition {asked.op!r}")


def where_expression(filters: Sequence[Filter], where: str) -> str:
    """All conditions and the free expression, and-ed; empty when there are none."""
    parts = [condition(asked) for asked in filters]
    if where.strip():
        parts.append(where.strip())
    return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)

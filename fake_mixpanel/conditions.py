"""Converts conditions on properties to one form, so that an expression and equivalent filters give the same counts.

Expressions such as `properties["plan"] == "Free"` and the typed filters of Insights reports become
`(property, operator, value)`. An expression that joins such conditions with `and` becomes several conditions; any other
expression stays text.
https://developer.mixpanel.com/reference/segmentation-expressions
"""

import json
import re

Condition = tuple[str, str, object]
Where = tuple[Condition, ...]
"""The conditions of a query, in a fixed order (see `joined`). An event must match all of them."""

_STRING = r'"(?:[^"\\]|\\.)*"'
_PROPERTY = rf"properties\[(?P<name>{_STRING})\]"
_VALUE = rf"(?P<value>{_STRING}|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false)"
_COMPARED = re.compile(rf"{_PROPERTY} (?P<op>==|!=|>|<) {_VALUE}", re.DOTALL)
_CONTAINS = re.compile(rf"(?P<no>not \()?(?P<value>{_STRING}) in {_PROPERTY}(?(no)\))", re.DOTALL)
_DEFINED = re.compile(rf"(?P<no>not \()?defined \({_PROPERTY}\)(?(no)\))", re.DOTALL)
_BRACKETS = re.compile(rf"{_STRING}|[()]", re.DOTALL)


def condition(name: str, op: str, value: object = None) -> Condition:
    """Returns a condition in one standard form: `5.0` becomes `5`, and `!= true` becomes `== false`."""
    if isinstance(value, bool) and op == "!=":
        op, value = "==", not value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return name, op, value


def joined(*conditions: Condition) -> Where:
    by_text = {repr(each): each for each in conditions}
    return tuple(by_text[text] for text in sorted(by_text))


def of_expression(text: str) -> Where:
    if not text.strip():
        return ()
    parts = [_simple(part) for part in _parts(text.strip())]
    simple = [part for part in parts if part]
    return joined(*simple) if len(simple) == len(parts) else (("", "expression", text),)


def _parts(text: str) -> list[str]:
    """Returns the parts of an expression such as `(…) and (…)`, or any other expression as one part."""
    parts: list[str] = []
    depth = start = end = 0
    for found in _BRACKETS.finditer(text):
        if found[0] == "(":
            if not depth and text[end : found.start()] != (" and " if parts else ""):
                return [text]
            start = start if depth else found.end()
            depth += 1
        elif found[0] == ")":
            depth -= 1
            if not depth:
                parts.append(text[start : found.start()])
                end = found.end()
    return parts if parts and not depth and end == len(text) else [text]


def _simple(text: str) -> Condition | None:
    if found := _COMPARED.fullmatch(text):
        value = found["value"]
        read = _unquoted(value) if value.startswith('"') else json.loads(value)
        return condition(_unquoted(found["name"]), found["op"], read)
    if found := _CONTAINS.fullmatch(text):
        return condition(_unquoted(found["name"]), "not in" if found["no"] else "in", _unquoted(found["value"]))
    if found := _DEFINED.fullmatch(text):
        return condition(_unquoted(found["name"]), "not defined" if found["no"] else "defined")
    return None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)

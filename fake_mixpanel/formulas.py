"""Computes the formulas of Insights: + - * / ^, brackets, numbers, and letters for the metrics."""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from fake_mixpanel.conditions import refused

Number = int | float

_ALLOWED = re.compile(r"[A-Z0-9.+*/^() -]*")
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def letters(position: int) -> str:
    """A … Z, then BA, BB, …"""
    text, left = "", position
    while True:
        left, rest = divmod(left, 26)
        text = chr(ord("A") + rest) + text
        if not left:
            return text


def parsed(definition: Any, known: int) -> ast.expr:
    """The formula. Raises Refused for anything but arithmetic over the letters of `known` metrics."""
    if not isinstance(definition, str) or not _ALLOWED.fullmatch(definition):
        raise refused(f"cannot parse the formula {definition!r}")
    try:
        tree = ast.parse(definition.replace("^", "**").strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise refused(f"cannot parse the formula {definition!r}") from None
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if unknown := names - {letters(position) for position in range(known)}:
        raise refused(f"the formula uses {min(unknown)}, and there is no such metric")
    return tree


def value_of(node: ast.expr, given: Mapping[str, Number]) -> Number | None:
    """The formula's value; None where it divides by zero. A metric without events is 0."""
    match node:
        case ast.Name(id=name):
            return given.get(name, 0)
        case ast.Constant(value=int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            found = value_of(inner, given)
            return None if found is None else -found
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            one, other = value_of(left, given), value_of(right, given)
            if one is None or other is None:
                return None
            try:
                found = _OPERATORS[type(op)](one, other)
            except (ZeroDivisionError, OverflowError):
                return None
            return found if isinstance(found, int | float) else None
    raise refused("cannot parse the formula")

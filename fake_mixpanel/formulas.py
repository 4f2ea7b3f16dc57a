"""Computes the formulas of Insights: + - * / ^, brackets, numbers, and the letters of metrics.

Python's own parser reads them, because a formula with ** instead of ^ is a Python expression.
"""

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from fake_mixpanel.query import unacceptable

Number = int | float
Values = Mapping[str, Number]

LONGEST = 1000

_FORMULA = re.compile(r"(?:[ \t()^+-]|\*(?!\*)|/(?!/)|[A-Z]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?![A-Z]))+")
"""A text of the allowed characters that has no other meaning in Python, such as the number 1E5."""

_NODES = (ast.BinOp, ast.operator, ast.UnaryOp, ast.unaryop, ast.Name, ast.expr_context, ast.Constant)
_OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    # Computes with floats, because a power of integers could have too many digits for Python to print.
    ast.Pow: lambda a, b: float(a) ** float(b),
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


def letters(position: int) -> str:
    """Returns the letter of the metric at this position, counted from 0: A to Z, then BA, BB and so on."""
    left, rest = divmod(position, 26)
    return (letters(left) if left else "") + chr(ord("A") + rest)


class Formula:
    """A parsed formula. `known` has the letters of the report's metrics.

    Raises Refused if `definition` is not a valid formula, or uses other letters.
    """

    def __init__(self, definition: Any, known: set[str]) -> None:
        if not isinstance(definition, str) or len(definition) > LONGEST:
            raise unacceptable("a formula needs a definition")
        plain = re.sub(r"(?<![0-9.])0+(?=[0-9])", "", definition.strip(" \t"))  # Python refuses numbers such as 007
        try:
            self._whole = ast.parse(plain.replace("^", "**"), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise unacceptable(f"the formula {definition!r} can't be read") from None
        nodes = list(ast.walk(self._whole))
        if not _FORMULA.fullmatch(definition) or not all(isinstance(node, _NODES) for node in nodes):
            raise unacceptable(f"the formula {definition!r} can't be read")
        self.letters = {node.id for node in nodes if isinstance(node, ast.Name)}
        if not self.letters <= known:
            raise unacceptable(f"the formula {definition!r} uses letters that no metric has")

    def value(self, values: Values) -> Number | None:
        """Returns the result, or None if the result is not a finite number, for example after a division by zero.

        `values` has the metrics' values, by letter. A metric without a value counts as 0.
        """
        try:
            found = _computed(self._whole, values)
        except (ArithmeticError, TypeError):
            return None
        return found if isinstance(found, int | float) and math.isfinite(found) else None


def _computed(node: ast.expr, values: Values) -> Any:
    match node:
        case ast.BinOp(left, op, right):
            return _OPERATORS[type(op)](_computed(left, values), _computed(right, values))
        case ast.UnaryOp(op, operand):
            return _OPERATORS[type(op)](_computed(operand, values))
        case ast.Name(letter):
            return values.get(letter, 0)
    return ast.literal_eval(node)

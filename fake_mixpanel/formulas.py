"""Parses and computes the formulas of Insights: + - * / ^, brackets, numbers, and the letters of metrics."""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from fake_mixpanel.query import unacceptable

Number = int | float
Values = Mapping[str, Number]
_Part = Callable[[Values], Number]

LONGEST = 1000

_TOKEN = re.compile(r"[ \t]*(?:([0-9]+(?:\.[0-9]*)?|\.[0-9]+)|([A-Z]+)|([-+*/^()]))")


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
        self.definition = definition
        self.letters: set[str] = set()
        self._known = known
        self._left = self._tokens()
        try:
            self._whole = self._sum()
        except RecursionError:
            raise unacceptable(f"the formula {definition!r} has too many nested brackets") from None
        if self._left:
            raise unacceptable(f"the formula {definition!r} can't be read at {self._left[0]!r}")

    def value(self, values: Values) -> Number | None:
        """Returns the result, or None if the result is not a finite number, for example after a division by zero.

        `values` has the metrics' values, by letter. A metric without a value counts as 0.
        """
        try:
            found = self._whole(values)
        except (ArithmeticError, TypeError):
            return None
        return found if isinstance(found, int | float) and math.isfinite(found) else None

    def _tokens(self) -> list[str]:
        tokens, position, text = [], 0, self.definition.rstrip(" \t")
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found:
                raise unacceptable(f"the formula {text!r} can't be read at {text[position:].lstrip()[:1]!r}")
            tokens.append(found[0].strip())
            position = found.end()
        return tokens

    def _next(self, *wanted: str) -> str:
        """Removes and returns the next token if it is one of `wanted`. Otherwise returns ""."""
        return self._left.pop(0) if self._left and self._left[0] in wanted else ""

    def _sum(self) -> _Part:
        return self._chain(self._product, {"+": lambda a, b: a + b, "-": lambda a, b: a - b})

    def _product(self) -> _Part:
        return self._chain(self._signed, {"*": lambda a, b: a * b, "/": lambda a, b: a / b})

    def _chain(self, inner: Callable[[], _Part], by: Mapping[str, Callable[[Any, Any], Number]]) -> _Part:
        part = inner()
        while sign := self._next(*by):
            part = _both(by[sign], part, inner())
        return part

    def _signed(self) -> _Part:
        if self._next("-"):
            part = self._signed()
            return lambda values: -part(values)
        return self._signed() if self._next("+") else self._power()

    def _power(self) -> _Part:
        base = self._atom()
        if not self._next("^"):
            return base
        # Computes with floats, because a power of integers could have too many digits for Python to print.
        return _both(lambda a, b: float(a) ** float(b), base, self._signed())

    def _atom(self) -> _Part:
        if self._next("("):
            part = self._sum()
            if not self._next(")"):
                raise unacceptable(f"the formula {self.definition!r} lacks a closing bracket")
            return part
        found = self._left.pop(0) if self._left else ""
        if found.isalpha():
            if found not in self._known:
                raise unacceptable(f"the formula {self.definition!r} uses the letter {found}, which no metric has")
            self.letters.add(found)
            return lambda values: values.get(found, 0)
        if found in ("", *"+-*/^()"):
            raise unacceptable(f"the formula {self.definition!r} is not complete")
        constant = float(found) if "." in found else int(found)
        return lambda values: constant


def _both(by: Callable[[Any, Any], Number], left: _Part, right: _Part) -> _Part:
    return lambda values: by(left(values), right(values))

"""Checks formulas over metrics, and writes them for a request.

The grammar is that of Mixpanel's SDK (`mixpanel-headless` 0.4.0, `_internal/query/formula.py`): `+ - * / ^`, brackets,
numbers and letters. The letters name the metrics by position: A … Z, then BA, BB, …
"""

import re
from collections.abc import Iterator, Sequence

from widgets.report import Number, Value, number

LONGEST = 500
ALLOWED = "A formula can have numbers, the letters of the metrics, + - * / ^ and brackets: for example (B / A) * 100."

_PART = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?|\.[0-9]+)|([A-Za-z]+)|([-+*/^()]))")


def letters(position: int) -> str:
    """The letters of the metric at a position, counted from 0: 0 is A, 25 is Z, 26 is BA."""
    text = ""
    while True:
        position, rest = divmod(position, 26)
        text = chr(ord("A") + rest) + text
        if not position:
            return text


def moved(formula: str, places: Sequence[int]) -> str:
    """The formula with new letters, for metrics that moved. `places` has the new position of each metric."""
    known = {letters(position): letters(place) for position, place in enumerate(places)}
    return re.sub("[A-Z]+", lambda found: known[found[0]], formula)


def can_be_undefined(formula: str) -> bool:
    """Whether the result can be undefined: after a division by zero, or for a power of a negative number."""
    return "/" in formula or "^" in formula


def sent(formula: str) -> str:
    """The formula as Mixpanel accepts it: with single plain spaces, and without other white space."""
    return " ".join(formula.split())


def at_zero(formula: str) -> Value:
    """The value of a valid formula if all its metrics are 0; None for a division or a power."""
    if can_be_undefined(formula):
        return None
    sums: list[tuple[Number, Number]] = []  # for each open bracket: the sum and the factor before the bracket
    total: Number = 0
    product: Number = 1
    before = ""
    for kind, part in _parts(formula):
        if kind != "sign":
            product *= (number(part) or 0) if kind == "number" else 0
        elif part == "(":
            sums.append((total, product))
            total, product = 0, 1
        elif part == ")":
            inner = total + product
            total, product = sums.pop()
            product *= inner
        elif part == "-" and before in ("", "(", "+", "-", "*"):
            product = -product
        elif part in ("+", "-"):
            total, product = total + product, 1 if part == "+" else -1
        before = part
    return total + product


def problem_in(formula: str, metrics: int) -> str:
    """A sentence about the first mistake in the formula; empty if there is none. `metrics`: the widget's number of
    metrics."""
    if not formula.strip():
        return "The formula is empty. Enter a formula, or remove the row."
    if len(formula) > LONGEST:
        return f"The formula is longer than {LONGEST} characters. Shorten the formula."
    known = [letters(position) for position in range(metrics)]
    open_brackets, wants_value, before, named = 0, True, "", False
    for kind, part in _parts(formula):
        if kind == "other":
            return f"A formula can't contain “{part}”. {ALLOWED}"
        if kind == "letter" and part not in known:
            has = f"the metrics A to {known[-1]}" if len(known) > 1 else "only the metric A" if known else "no metrics"
            return f"There is no metric {part}. This widget has {has}."
        if kind == "number" and before == "/" and not float(part):
            return "The formula divides by the number 0. Divide by a metric or by another number."
        if kind in ("number", "letter") or part == "(":
            if not wants_value:
                return f"An operator is missing before “{part}”. {ALLOWED}"
            open_brackets += part == "("
            wants_value = part == "("
        elif part == ")":
            if wants_value or not open_brackets:
                return _unbalanced(")") if not wants_value else f"A value is missing before “)”. {ALLOWED}"
            open_brackets -= 1
        elif wants_value and (part != "-" or before == "^"):
            return f"A value is missing before “{part}”. {ALLOWED}"
        else:
            wants_value = True
        named, before = named or kind == "letter", part
    if wants_value:
        return f"The formula ends too early: a value is missing after “{before}”. {ALLOWED}"
    if open_brackets:
        return _unbalanced("(")
    return "" if named else f"The formula names no metric. {ALLOWED}"


def _unbalanced(bracket: str) -> str:
    return f"The formula has one “{bracket}” too many. Each “(” needs one “)”."


def _parts(formula: str) -> Iterator[tuple[str, str]]:
    position, end = 0, len(formula.rstrip())
    while position < end:
        found = _PART.match(formula, position)
        if found is None:
            yield "other", formula[position:].strip()[:20]
            return
        number, letter, sign = found.groups()
        yield ("number", number) if number else ("letter", letter) if letter else ("sign", sign)
        position = found.end()

"""Adds numbers up, and writes them in the form that Cyfe reads."""

import math
from collections.abc import Iterable

from widgets.report import Number, ReportError, Value

DECIMALS = 4


def number_text(value: Number) -> str:
    """The number with at most 4 decimals, no exponent, no trailing zeros and no "-0".

    Raises ReportError for NaN and infinity.
    """
    if isinstance(value, int):
        return f"{value:d}"
    if not math.isfinite(value):
        raise too_large()
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def too_large() -> ReportError:
    return ReportError("The numbers are too large to be added up. Check the property in the widget.")


def added(values: Iterable[Value]) -> Number:
    """The sum; a missing value counts as 0. Raises ReportError for an infinite sum."""
    total = sum(value for value in values if value is not None)
    if isinstance(total, float) and not math.isfinite(total):
        raise too_large()
    return total

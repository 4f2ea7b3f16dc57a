"""Axes: where a scale of numbers ends and is marked, and which of many dates are named."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from widgets.report import Number


@dataclass(frozen=True, slots=True)
class Scale:
    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """0 at the low end, 1 at the high one."""
        return (value - self.low) / (self.high - self.low)


_SMALLEST = 1e-200
"""Nothing smaller is told from 0: its tenth would not be a number any more."""

_NEXT_TO_NOTHING = 1e-9

PERCENT = Scale(0, 100, (0, 25, 50, 75, 100))
PERCENT_BOTH_WAYS = Scale(-100, 100, (-100, -50, 0, 50, 100))


def scale(values: Iterable[Number], intervals: int = 5, low: Number | None = None, high: Number | None = None) -> Scale:
    """A scale that holds 0 and all values, ending at round numbers, or at the ends that were asked for."""
    values = [*values, 0]
    least, most = float(min(values)), float(max(values))
    whole = all(value == int(value) for value in values)
    if low is not None:
        low = 0 if abs(low) < _NEXT_TO_NOTHING else low
    if low is not None and high is not None and low >= high:
        low = high = None
    if low is not None:
        least = float(low)
        most = max(most, least)
    if high is not None:
        most = float(high)
        least = min(least, most)
    if most - least <= _NEXT_TO_NOTHING * max(abs(most), abs(least), _SMALLEST):
        most = least + max(1, abs(least) / 1000)
    step = round_step((most - least) / intervals)
    if whole and low is None and high is None:
        step = max(step, 1)
    first = math.floor(least / step + 1e-9) if low is None else math.ceil(least / step - 1e-9)
    last = math.ceil(most / step - 1e-9) if high is None else math.floor(most / step + 1e-9)
    # As round numbers: 3 * 0.1 is not 0.3.
    ticks = tuple(float(f"{i * step:.12g}") for i in range(first, max(last, first) + 1))
    return Scale(least if low is not None else ticks[0], most if high is not None else ticks[-1], ticks)


def round_step(step: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 … that is not below `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(round_ * power for round_ in (1, 2, 2.5, 5, 10) if step <= round_ * power * (1 + 1e-9))


def alongside(main: Scale, values: Iterable[Number]) -> Scale:
    """A second scale from 0 with as many ticks as the first, so that they share their grid lines."""
    intervals = len(main.ticks) - 1
    step = round_step(max(*values, 1e-6) / intervals)
    ticks = tuple(float(f"{i * step:.12g}") for i in range(intervals + 1))
    return Scale(0, ticks[-1], ticks)


_STEPS = {1: (1, 2, 3, 7, 14, 28, 56, 91, 182, 364), 7: (1, 2, 4, 8, 13, 26, 52), 30: (1, 2, 3, 6, 12, 24, 60)}


def ambiguous(rows: Sequence[date]) -> bool:
    """Whether it takes the year to know which date is meant."""
    return (rows[-1] - rows[0]).days > 330


def unit_of(rows: Sequence[date]) -> int:
    """About how many days a row stands for: 1, 7 or 30."""
    gaps = sorted((after - before).days for before, after in pairwise(rows)) or [1]
    usual = gaps[len(gaps) // 2]
    return 30 if usual >= 28 and all(row.day == 1 for row in rows) else 7 if usual >= 7 else 1


def date_ticks(rows: Sequence[date], most: int) -> list[tuple[int, str]]:
    """At most `most` of the rows as (index, name), evenly apart, a natural number of days or months."""
    unit = unit_of(rows)
    enough = math.ceil(len(rows) / most)
    step = next((step for step in _STEPS[unit] if step >= enough), enough)
    long = ambiguous(rows)
    return [(i, day(rows[i], unit, with_year=long)) for i in range(0, len(rows), step)]


def day(row: date, unit: int = 1, *, with_year: bool = False) -> str:
    """Nov 1, Nov 1 ’26, or Nov 2026 for a month; names are English whatever the server's locale."""
    month = _MONTHS[row.month - 1]
    if unit == 30:
        return f"{month} {row.year}"
    return f"{month} {row.day} ’{row.year % 100:02}" if with_year else f"{month} {row.day}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def thinned(columns: Sequence[Sequence[Number]], most: int) -> list[int]:
    """Which rows to draw of too many: of each few in a row the one that stands out, so peaks stay."""
    rows = len(columns[0])
    if rows <= most:
        return list(range(rows))
    sums = [sum(column[i] for column in columns) for i in range(rows)]
    kept = {0, rows - 1}
    for bucket in range(most - 2):
        first = 1 + bucket * (rows - 2) // (most - 2)
        end = 1 + (bucket + 1) * (rows - 2) // (most - 2)
        middle = sum(sums[first:end]) / (end - first)
        kept.add(max(range(first, end), key=lambda i: (abs(sums[i] - middle), -i)))
    return sorted(kept)

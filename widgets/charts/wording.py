"""Words and numbers as a picture shows them: short, and cut to fit."""

import math
import unicodedata
from itertools import pairwise

from widgets.cyfe.labels import readable
from widgets.report import Number, Value

LONGEST = 120
"""Characters; no picture has room for more, so the rest is not even measured."""

_MARKS_IN_A_ROW = 3

_NARROW = frozenset("fijlrtI.,:;'|!()[]{}/\\-` ")
_WIDE = frozenset("mwMW%@&—…")


def plain(label: str, longest: int = LONGEST) -> str:
    """The readable label with its end cut off, and at most a few accents on one letter: hundreds make a tower."""
    kept, marks = [], 0
    # Far more than is shown, but a bound on the work that one label makes.
    for character in readable(label[: 4 * LONGEST]):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    text = "".join(kept)
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def width(text: str, size: float = 12) -> float:
    """About how wide a system font sets the text: which one it is, only the viewer knows."""
    return sum(map(_em, text)) * size


def _em(character: str) -> float:
    if character in _NARROW:
        return 0.36
    if character.isdigit():
        return 0.62
    if character in _WIDE:
        return 0.96
    if character.isascii():
        return 0.7 if character.isupper() else 0.6
    if unicodedata.combining(character):
        return 0
    return 1.05 if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF else 0.65


def fitted(label: str, room: float, size: float = 12) -> str:
    """The label, plain, with its end cut off where there is no room for it."""
    text = plain(label)
    if width(text, size) <= room:
        return text
    room -= width("…", size)
    end = 0
    while end < len(text) and (room := room - width(text[end], size)) >= 0:
        end += 1
    return text[:end].rstrip() + "…"


def short(value: Number) -> str:
    """12.5k, 3.2M: at most three digits that count, for where there is little room."""
    size = abs(value)
    if size >= 1e15:
        return f"{value:.1e}".replace("e+", "e")
    for limit, unit in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        # 999,950 and more would round to 1000k.
        if size >= limit * 0.9995:
            return _trimmed(value / limit) + unit
    return _trimmed(value)


def _trimmed(value: Number) -> str:
    size = abs(value)
    if size and size < 0.01:
        return f"{value:.1g}"
    decimals = 2 if size < 10 else 1 if size < 100 else 0
    text = f"{value:.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if decimals else text
    return "0" if text == "-0" else minus(text)


def full(value: Value) -> str:
    """12,500 or 3.14: every digit before the point, at most two after it; a dash where there is no value."""
    if value is None:
        return "–"
    if abs(value) >= 1e15:
        return short(value)
    if isinstance(value, int) or abs(value) >= 1e6 or value == int(value):
        return minus(f"{round(value):,}")
    if abs(value) < 0.01:
        return minus(f"{value:.1g}")
    return minus(f"{value:,.2f}".rstrip("0").rstrip("."))


def percent(share: float) -> str:
    """34%, 4.2%, <0.1%: as many decimals as tell something."""
    share *= 100
    if share and abs(share) < 0.1:
        return "<0.1%"
    decimals = 0 if abs(share) >= 9.95 or share == int(share) else 1
    return minus(f"{share:,.{decimals}f}%")


def minus(text: str) -> str:
    """With a real minus, which is as wide as a digit."""
    return text.replace("-", "−", 1) if text.startswith("-") else text


def ticks(values: list[float]) -> list[str]:
    """Numbers of an axis: short, unless two of them would read the same."""
    words = [short(value) for value in values]
    if len(set(words)) == len(words):
        return words
    step = min((b - a for a, b in pairwise(values)), default=0)
    decimals = max(0, -math.floor(math.log10(step))) if step > 0 else 0
    return [minus(f"{value:,.{min(decimals, 9)}f}") for value in values]


def and_more(count: int, what: str = "") -> str:
    return f"… and {count:,} more{' ' if what else ''}{what}"


def left_out(*parts: tuple[int, str]) -> str:
    """… and 3 more rows and 1 more column; nothing where nothing is left out."""
    words = [f"{count:,} more {what}{'' if count == 1 else 's'}" for count, what in parts if count]
    return f"… and {' and '.join(words)}" if words else ""

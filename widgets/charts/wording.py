"""Words and numbers as a picture shows them: cleaned of what strangers put in labels, and cut to fit."""

import math
import re
import unicodedata
from datetime import date
from itertools import pairwise

from widgets.report import Number, Value

EMPTY = "(empty)"
LONGEST = 120
"""Characters; no picture has room for more, so the rest is not even measured."""

# XML 1.0 holds no other characters than these (https://www.w3.org/TR/xml/#charsets); ET does not check.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
# Marks and overrides of direction, and blanks that nobody sees: they turn around or hide their neighbours.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MARKS_IN_A_ROW = 3

_NARROW = frozenset("fijlrtI.,:;'|!()[]{}/\\-` ")
_WIDE = frozenset("mwMW%@&—…")


def plain(label: str, longest: int = LONGEST) -> str:
    """The label as one line that any XML holds and that can't disturb what stands beside it; never empty."""
    # Far more than is shown, but a bound on the work that one label makes.
    label = _BLANKS.sub(" ", _NOT_XML.sub(" ", _INVISIBLE.sub("", label[: 4 * LONGEST]))).strip()
    if not label.isascii():
        label = _without_towers(label)
    if len(label) > longest:
        label = label[: longest - 1].rstrip() + "…"
    return label or EMPTY


def _without_towers(label: str) -> str:
    """At most a few accents on one letter: hundreds make a tower over the whole picture."""
    kept, marks = [], 0
    for character in label:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


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


def row_name(row: date | str) -> str:
    return row.isoformat() if isinstance(row, date) else row


def and_more(count: int, what: str = "") -> str:
    return f"… and {count:,} more{' ' if what else ''}{what}"

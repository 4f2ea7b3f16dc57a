"""Labels made safe: whatever people send as an event's property, no cell needs a quote, none is a formula.

Labels come from anyone who can send an event, and people open these URLs in spreadsheets too.
"""

import re
from collections.abc import Iterable

from widgets.cyfe.options import OPTION_ROWS

EMPTY = "(empty)"
MARK = " (value)"
"""What tells a label from the option row of the same name."""

FORMULA_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
"""What a spreadsheet runs; the wide and small forms too, which those of East Asian locales read alike."""

_OPTION_NAMES = frozenset(name.casefold() for name in OPTION_ROWS)
_ROW_NAMES = _OPTION_NAMES | {"date"}

# Controls that reorder what is shown around them. Right-to-left text needs none of them to read right.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Lone surrogates have no UTF-8, and "noncharacters" are not for interchange (Unicode 23.7).
_UNWRITABLE = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_BLANKS = re.compile("[\\s\x00-\x1f\x7f-\x9f\ufeff]+")
# A spreadsheet that separates cells by semicolons runs each piece.
_FORMULA = re.compile(f"(^|; *)([{re.escape(''.join(sorted(FORMULA_STARTS)))}])")
_COMMA_IN_NUMBER = re.compile(r"(?<=\d),(?=\d)")


def safe(label: str) -> str:
    """The label as a cell that needs no quotes and that no spreadsheet runs; never empty."""
    label = _UNWRITABLE.sub("\ufffd", _REORDERING.sub("", label))
    label = _BLANKS.sub(" ", label).strip(" ")
    label = _COMMA_IN_NUMBER.sub("", label).replace(",", ";").replace('"', "'")
    return _FORMULA.sub(r"\1'\2", label) or EMPTY


def row_label(label: str) -> str:
    """A safe label that starts a line: marked where it would pass for an option row or a date's heading."""
    label = safe(label)
    return label + MARK if label.casefold() in _ROW_NAMES else label


def heading(label: str) -> str:
    """The safe heading of a column of labels; `Date` may well be one."""
    label = safe(label)
    return label + MARK if label.casefold() in _OPTION_NAMES else label


def distinct(labels: Iterable[str]) -> list[str]:
    """Equal labels told apart by ` (2)`, ` (3)` …, none of which is a label that is there already."""
    labels = list(labels)
    taken = set(labels)
    seen: dict[str, int] = {}
    told_apart = []
    for label in labels:
        name, count = label, seen.get(label, 0) + 1
        if count > 1:
            while (name := f"{label} ({count})") in taken:
                count += 1
            taken.add(name)
        seen[label] = count
        told_apart.append(name)
    return told_apart

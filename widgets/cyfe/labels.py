"""Labels made safe: no cell needs a quote and none is a formula, whatever an event's property holds.

Labels come from anyone who can send an event, and people open these URLs in spreadsheets too.
"""

import re
from collections.abc import Iterable

from widgets.cyfe.options import OPTION_ROWS

EMPTY = "(empty)"
MARK = " (value)"
"""Follows a label that has the name of an option row."""

FORMULA_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
"""Characters that start a formula; spreadsheets of East Asian locales read the wide and small forms alike."""

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


def readable(label: str) -> str:
    """The label as one line that every encoding and XML hold and that leaves its neighbours alone; never empty."""
    label = _UNWRITABLE.sub("\ufffd", _REORDERING.sub("", label))
    return _BLANKS.sub(" ", label).strip(" ") or EMPTY


def safe(label: str) -> str:
    """The readable label as a cell that needs no quotes and that no spreadsheet runs."""
    label = _COMMA_IN_NUMBER.sub("", readable(label)).replace(",", ";").replace('"', "'")
    return _FORMULA.sub(r"\1'\2", label)


def row_label(label: str) -> str:
    """A safe label that starts a line, marked where it reads like an option row or the heading `Date`."""
    label = safe(label)
    return label + MARK if label.casefold() in _ROW_NAMES else label


def heading(label: str) -> str:
    """The safe heading of a column of labels, which may be `Date`."""
    label = safe(label)
    return label + MARK if label.casefold() in _OPTION_NAMES else label


def distinct(labels: Iterable[str]) -> list[str]:
    """Adds ` (2)`, ` (3)` … to equal labels; a number that gives an existing label is skipped."""
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

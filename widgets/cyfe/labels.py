"""Makes labels safe for CSV: no cell needs quotes, and no cell is a formula.

Anyone who can send an event to Mixpanel can choose a label, and people also open the CSV in spreadsheets.
"""

import re
from collections.abc import Iterable

from widgets.cyfe.options import OPTION_ROWS

EMPTY = "(empty)"
MARK = " (value)"
"""Added to a label that equals the name of an option row."""

FORMULA_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
"""Characters that start a formula. Spreadsheets in East Asian locales also accept the wide and small forms."""

_OPTION_NAMES = frozenset(name.casefold() for name in OPTION_ROWS)
_ROW_NAMES = _OPTION_NAMES | {"date"}

# Control characters that change the order of the text around them. Right-to-left text does not need them.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# UTF-8 can't encode lone surrogates, and programs may not exchange "noncharacters" (Unicode 23.7).
_UNWRITABLE = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_BLANKS = re.compile("[\\s\x00-\x1f\x7f-\x9f\ufeff]+")
# Some spreadsheets separate cells by semicolons, so a formula may also start after a semicolon.
_FORMULA = re.compile(f"(^|; *)([{re.escape(''.join(sorted(FORMULA_STARTS)))}])")
_COMMA_IN_NUMBER = re.compile(r"(?<=\d),(?=\d)")


def readable(label: str) -> str:
    """The label as one line of characters that UTF-8 and XML can hold, without reordering controls; never empty."""
    label = _UNWRITABLE.sub("\ufffd", _REORDERING.sub("", label))
    return _BLANKS.sub(" ", label).strip(" ") or EMPTY


def safe(label: str) -> str:
    """The readable label as a cell that needs no quotes and is not a formula."""
    label = _COMMA_IN_NUMBER.sub("", readable(label)).replace(",", ";").replace('"', "'")
    return without_formula(label)


def without_formula(text: str) -> str:
    """The text with an apostrophe before each part that a spreadsheet would take for a formula."""
    return _FORMULA.sub(r"\1'\2", text)


def row_label(label: str) -> str:
    """A safe label for the start of a line. MARK is added if the label equals an option row's name or `Date`."""
    label = safe(label)
    return label + MARK if label.casefold() in _ROW_NAMES else label


def heading(label: str) -> str:
    """The safe heading of a column of labels. The heading may be `Date`, but not the name of an option row."""
    label = safe(label)
    return label + MARK if label.casefold() in _OPTION_NAMES else label


def distinct(labels: Iterable[str]) -> list[str]:
    """Adds ` (2)`, ` (3)` … to equal labels, and skips a number if that label already exists."""
    labels = list(labels)
    taken = set(labels)
    seen: dict[str, int] = {}
    names = []
    for label in labels:
        name, count = label, seen.get(label, 0) + 1
        if count > 1:
            while (name := f"{label} ({count})") in taken:
                count += 1
            taken.add(name)
        seen[label] = count
        names.append(name)
    return names

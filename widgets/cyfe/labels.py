"""Makes labels safe for CSV: no cell needs quotes, and no cell is a formula.

Anyone who can send events to Mixpanel can choose labels, and people open the CSV in spreadsheets, too.
"""

import re
from collections.abc import Iterable

from widgets.cyfe.options import OPTION_ROWS

EMPTY = "(empty)"
MARK = " (value)"
"""Added to a label that Cyfe would not read as a label: `Date`, or the name of an option row such as `Color`."""

FORMULA_STARTS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫")
"""Characters that start a formula. Spreadsheets in East Asian locales also accept the wide and small forms."""

_OPTION_NAMES = frozenset(name.casefold() for name in OPTION_ROWS)
_ROW_NAMES = _OPTION_NAMES | {"date"}

# Control characters that reorder the text around them. Right-to-left text does not need them.
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# UTF-8 can't encode lone surrogates, and "noncharacters" are not meant for exchange (Unicode, section 23.7).
_UNWRITABLE = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + end) for plane in range(0, 0x110000, 0x10000) for end in (0xFFFE, 0xFFFF))
    + "]"
)
_BLANKS = re.compile("[\\s\x00-\x1f\x7f-\x9f\ufeff]+")
# Some spreadsheets separate cells by semicolons, so a formula can also start after a semicolon.
_FORMULA = re.compile(f"(^|; *)([{re.escape(''.join(sorted(FORMULA_STARTS)))}])")
_COMMA_IN_NUMBER = re.compile(r"(?<=\d),(?=\d)")


def readable(label: str) -> str:
    """The label as one line of text that UTF-8 and XML can encode. An empty label becomes `(empty)`."""
    label = _UNWRITABLE.sub("\ufffd", _REORDERING.sub("", label))
    return _BLANKS.sub(" ", label).strip(" ") or EMPTY


def safe(label: str) -> str:
    """The readable label as a cell that needs no quotes and is not a formula."""
    label = _COMMA_IN_NUMBER.sub("", readable(label)).replace(",", ";").replace('"', "'")
    return without_formula(label)


def without_formula(text: str) -> str:
    """The text with an apostrophe before each part that a spreadsheet would read as a formula."""
    return _FORMULA.sub(r"\1'\2", text)


def row_label(label: str) -> str:
    """The safe label for the first cell of a row. A label that equals `Date` or the name of an option row gets MARK."""
    label = safe(label)
    return label + MARK if label.casefold() in _ROW_NAMES else label


def heading(label: str) -> str:
    """The safe heading of a column of labels. A heading that equals the name of an option row gets MARK."""
    label = safe(label)
    return label + MARK if label.casefold() in _OPTION_NAMES else label


def distinct(labels: Iterable[str]) -> list[str]:
    """Makes the labels different: repeated labels get ` (2)`, ` (3)` and so on."""
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

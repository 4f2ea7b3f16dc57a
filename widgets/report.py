"""The plain Report: all that the rooms `reports` (which make one) and `cyfe` (which lay one out) share.

Knows nothing of Mixpanel, Cyfe, Django or HTTP.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal, Self

Number = int | float
Value = Number | None
RowKind = Literal["dates", "steps", "total"]

LONGEST_LABEL = 1000
"""Mixpanel cuts property values at 255 characters; what is longer comes from nobody's dashboard."""

LARGEST_NUMBER = 10**300
"""Nobody counts so far. Below it, no sum over a whole answer leaves what a double and JSON can hold."""

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

NOTE_FIRST = '{"note":'
"""How the JSON of a report with a note begins, so that its first few characters tell the note."""

NOTE_WITHIN = 600
"""Characters of that JSON in which the whole note stands."""


@dataclass(frozen=True, slots=True)
class Series:
    """One named column of numbers, one a row of its report.

    `previous` is the total of the period before, where that was asked for. `step` names the funnel step
    that the values count, where they do: a funnel's report has one series a (label, step).
    """

    label: str
    values: tuple[Value, ...]
    previous: Value = None
    step: str = ""

    @property
    def total(self) -> Number:
        """The sum of what is there, for ranking; only a true total where the report is additive."""
        return sum(value for value in self.values if value is not None)


@dataclass(frozen=True, slots=True)
class Report:
    """Rows × named series of numbers.

    `shape` says what the rows are: `dates` (ascending, every bucket once; a week's or month's date is its
    first day), `steps` (of a funnel, in order), or `total` (exactly one row, named "").
    `additive`: values add up, over rows and over series. `labels_name` heads the labels ("Country"),
    `values_name` the numbers ("Signed up"). `note`: what people should know of these numbers (they are cut,
    or a sample), in ASCII sentences; "" when there is nothing to say.
    """

    row_kind: RowKind
    rows: tuple[date | str, ...]
    series: tuple[Series, ...]
    additive: bool = False
    labels_name: str = ""
    values_name: str = ""
    note: str = ""

    def with_series(self, series: Iterable[Series]) -> Self:
        return replace(self, series=tuple(series))

    def to_json(self) -> str:
        """A text that `from_json` reads back, as it does those of all older versions of this program."""
        return json.dumps(
            ({"note": self.note} if self.note else {})
            | {
                "shape": self.row_kind,
                "rows": [row.isoformat() if isinstance(row, date) else row for row in self.rows],
                "series": [[s.label, list(s.values), s.previous, s.step] for s in self.series],
                "additive": self.additive,
                "labels_name": self.labels_name,
                "values_name": self.values_name,
            },
            separators=(",", ":"),
            allow_nan=False,
        )

    @classmethod
    def from_json(cls, text: str) -> Self:
        stored = json.loads(text)
        rows = stored["rows"]
        return cls(
            row_kind=stored["shape"],
            rows=tuple(map(date.fromisoformat, rows)) if stored["shape"] == "dates" else tuple(rows),
            series=tuple(Series(name, tuple(values), *more) for name, values, *more in stored["series"]),
            additive=stored["additive"],
            labels_name=stored["labels_name"],
            values_name=stored["values_name"],
            note=stored.get("note", ""),
        )


def note_in(beginning: str) -> str:
    """The note of a stored report out of the first NOTE_WITHIN characters of its JSON, which may be large."""
    if not beginning.startswith(NOTE_FIRST):
        return ""
    note: str = json.JSONDecoder().raw_decode(beginning, len(NOTE_FIRST))[0]
    return note


class ReportError(Exception):
    """Data that can't be shown the way a widget wants it; the message is for the widget's maker."""


def number(value: Any) -> Value:
    """A finite number out of what JSON may hold for one (numbers as strings too), else None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            value = float(value) if not re.fullmatch(r"[+-]?\d{1,18}", value.strip()) else int(value)
        except ValueError:
            return None
    if isinstance(value, int | float) and abs(value) < LARGEST_NUMBER:
        return value
    return None


def label(value: Any) -> str:
    """Text that every database and encoding can hold, out of any JSON value."""
    if not isinstance(value, str):
        value = "" if value is None else json.dumps(value)
    if len(value) > LONGEST_LABEL:
        value = value[: LONGEST_LABEL - 1] + "…"
    text: str = UNSTORABLE.sub("�", value)
    return text

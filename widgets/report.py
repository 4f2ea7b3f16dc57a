"""The Report: a query's numbers as plain data, made by `reports` from Mixpanel's answer, and shown by `cyfe`."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, Self

Number = int | float
Value = Number | None
RowKind = Literal["dates", "hours", "steps", "total"]

LONGEST_LABEL = 1000
"""In characters. Mixpanel itself cuts property values at 255 characters."""

LARGEST_NUMBER = 10**300
"""The sum of all numbers in an answer is a finite double if each number is below this limit."""

READ_ROW = {"dates": date.fromisoformat, "hours": datetime.fromisoformat}
"""The kind of rows → the function that reads a stored row. Rows of other kinds are texts."""

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

NOTE_FIRST = '{"note":'
"""The JSON of a report with a note begins with this text, so that `note_in` needs only the beginning of the JSON."""

NOTE_WITHIN = 600
"""The note ends within this number of characters from the start of the JSON."""


@dataclass(frozen=True, slots=True)
class Series:
    """One named column of numbers: one value per row of the report.

    `previous`: the total of the period before, if the widget compares periods. `before`: the values of the period
    before, row by row, if the widget shows them; the stored JSON does not contain them. `step`: in reports with several
    columns per label, the funnel step, the retention column, or the position of the metric.
    """

    label: str
    values: tuple[Value, ...]
    previous: Value = None
    step: str = ""
    before: tuple[Value, ...] = ()

    @property
    def total(self) -> Number:
        """The sum of the values. If the report is not additive, this sum is no true total: use it only for sorting."""
        return sum(value for value in self.values if value is not None)


@dataclass(frozen=True, slots=True)
class Report:
    """A table of numbers: rows, and named series with one value per row (None if it is missing).

    `row_kind`: `dates` (ascending, each date once; the date of a week or month is its first day), `hours` (ascending,
    datetimes with a UTC offset), `steps` (texts in order, such as a funnel's steps), or `total` (one row, named "").
    `additive`: the values can be added up, over rows and over series. `labels_name`: the heading of the labels
    ("Country"). `values_name`: the heading of the numbers ("Signed up"). `note`: a warning for people, in ASCII
    sentences, that the numbers are incomplete or come from a sample. `gaps`: in a chart with dates, missing values stay
    empty instead of counting as 0; the stored JSON does not contain `gaps`.
    """

    row_kind: RowKind
    rows: tuple[date | str, ...]
    series: tuple[Series, ...]
    additive: bool = False
    labels_name: str = ""
    values_name: str = ""
    note: str = ""
    gaps: bool = False

    def with_series(self, series: Iterable[Series]) -> Self:
        return replace(self, series=tuple(series))

    def to_json(self) -> str:
        """The JSON in which the report is stored. `from_json` also reads the JSON of all older versions of MixCyfe."""
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
        read_row = READ_ROW.get(stored["shape"], str)
        return cls(
            row_kind=stored["shape"],
            rows=tuple(map(read_row, stored["rows"])),
            series=tuple(Series(name, tuple(values), *more) for name, values, *more in stored["series"]),
            additive=stored["additive"],
            labels_name=stored["labels_name"],
            values_name=stored["values_name"],
            note=stored.get("note", ""),
        )


def note_in(beginning: str) -> str:
    """The note of a stored report. `beginning`: the first NOTE_WITHIN characters of its JSON."""
    if not beginning.startswith(NOTE_FIRST):
        return ""
    note: str = json.JSONDecoder().raw_decode(beginning, len(NOTE_FIRST))[0]
    return note


class ReportError(Exception):
    """The widget's chart and settings don't fit this data. The message tells editors how to change the widget."""


def number(value: Any) -> Value:
    """The number in a JSON value: a number below LARGEST_NUMBER, alone or in a string. None for any other value."""
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
    """Any JSON value as a text that every database and encoding can store."""
    if not isinstance(value, str):
        value = "" if value is None else json.dumps(value)
    if len(value) > LONGEST_LABEL:
        value = value[: LONGEST_LABEL - 1] + "…"
    text: str = UNSTORABLE.sub("�", value)
    return text

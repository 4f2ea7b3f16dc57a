"""The Table, from which all formats are written, and the base class of layouts, which turn a Report into a Table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from widgets.cyfe.drawing import Colors, Drawing
from widgets.report import Number, Report, ReportError, RowKind, Series, Value

Cell = str | date | Number | None
Cells = Sequence[str | Number]


@dataclass(frozen=True, slots=True)
class Table:
    """All labels and numbers that a chart shows: the CSV, the JSON and the charts on pages are made from Tables.

    `columns` and text cells have the labels of the Report. Each format makes them safe for its readers.
    `options`  the rows after the data (`Color`, `YAxis`, …) by name, in Cyfe's order
    `labels_first`  the first column has labels, which Cyfe must not read as option rows
    `colors`  one pair per series or slice, or one pair in a chart of one colour
    `additive`  the values can be added up
    `percent`  the numbers of each cohort are percentages of the cohort's size
    `reverse`  lower numbers are better
    `before`  the number of columns at the end that show the period before
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    options: Mapping[str, Cells] = field(default_factory=dict)
    labels_first: bool = False
    date_format: str = "%Y%m%d"
    colors: Colors = ()
    chart: str = ""
    title: str = ""
    additive: bool = False
    percent: bool = False
    reverse: bool = False
    before: int = 0

    def option(self, name: str) -> str | Number | None:
        """The value of an option row with the same value in every column; None if the Table has no such row."""
        return next(iter(self.options.get(name, ())), None)

    @property
    def labels(self) -> list[str]:
        """The first cell of each row, as text."""
        return [str(row[0]) for row in self.rows]

    def numbers(self, column: int) -> list[Number]:
        """The numbers of a column; 0 for a cell without a number."""
        cells = (row[column] for row in self.rows)
        return [cell if isinstance(cell, int | float) else 0 for cell in cells]


class Layout:
    """Turns a Report with one of the `row_kinds` into a Table for one of the `charts`."""

    charts: ClassVar[tuple[str, ...]]
    row_kinds: ClassVar[tuple[RowKind, ...]]

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """Raises ReportError, with a message for the widget's editor, if the chart can't show the report."""
        raise NotImplementedError


def dates_heading(report: Report) -> str:
    return "Time" if report.row_kind == "hours" else "Date"


def is_empty(report: Report) -> bool:
    return not (report.rows and report.series)


def earlier_series(report: Report) -> list[Series]:
    """The values of the period before, if any, as series whose labels end with `(before)`."""
    return [Series(f"{series.label} (before)", series.before) for series in report.series if series.before]


def check_not_empty(report: Report) -> None:
    if is_empty(report):
        raise ReportError(
            "Mixpanel's answer has nothing to draw for these dates. Choose a longer range, or check the event's name, "
            "the filters, and the settings that leave labels out."
        )


def values_of_totals(report: Report) -> list[Number]:
    """The value of each series in a report of totals; a missing value is 0."""
    return [(series.values[0] if series.values else None) or 0 for series in report.series]


def rows_of(report: Report, missing: Value) -> tuple[tuple[Cell, ...], ...]:
    """The rows of a Table: the date, hour or step, then one cell per series, with `missing` in place of None."""
    columns = [[missing if value is None else value for value in series.values] for series in report.series]
    return tuple(zip(report.rows, *columns, strict=True))

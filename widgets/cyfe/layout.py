"""The Table (all formats are written from it), and the base class of layouts (they turn a Report into a Table)."""

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
    """Everything that people see of a report. CSV, JSON and the picture are written from a Table only.

    `columns` and text cells hold the labels as Mixpanel gave them: each writer makes them safe.
    `options`  the rows after the data (`Color`, `YAxis`, …) by name, in Cyfe's order, if the widget asks for them
    `labels_first`  the first column holds labels, so a label that equals an option row's name must be marked
    `colors`  (label, colour) per curve or slice, or one pair in a chart of one colour
    `additive`  whether values may be added up
    `percent`  whether numbers are percentages of a cohort
    `reverse`  whether lower numbers are better
    `before`  the number of last columns that show the period before
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
        """The value of an option with the same value in every column; None if the widget does not set it."""
        return next(iter(self.options.get(name, ())), None)

    @property
    def labels(self) -> list[str]:
        """The first column's labels."""
        return [str(row[0]) for row in self.rows]

    def numbers(self, column: int) -> list[Number]:
        """The numbers of one column; 0 for an empty cell."""
        cells = (row[column] for row in self.rows)
        return [cell if isinstance(cell, int | float) else 0 for cell in cells]


class Layout:
    """One chart family of Cyfe.

    charts  the chart types with this layout
    row_kinds  the row kinds of Report that the layout can draw (see `Report.row_kind`)
    """

    charts: ClassVar[tuple[str, ...]]
    row_kinds: ClassVar[tuple[RowKind, ...]]

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """The Table. Raises ReportError, with a message for the widget's editor, if the chart can't show the report."""
        raise NotImplementedError


def dates_heading(report: Report) -> str:
    """The heading of the column of dates or hours."""
    return "Time" if report.row_kind == "hours" else "Date"


def is_empty(report: Report) -> bool:
    return not (report.rows and report.series)


def earlier_series(report: Report) -> list[Series]:
    """The values of the period before as series of their own, if the widget overlays them."""
    return [Series(f"{series.label} (before)", series.before) for series in report.series if series.before]


def nothing_to_draw() -> ReportError:
    return ReportError(
        "Mixpanel's answer has nothing to draw for these dates. "
        "Choose a longer range, or check the event's name, the filters and the labels to show or leave out."
    )


def values_of_totals(report: Report) -> list[Number]:
    """The value of every series in a report of totals; a missing value is 0."""
    return [(series.values[0] if series.values else None) or 0 for series in report.series]


def rows_of(report: Report, missing: Value) -> tuple[tuple[Cell, ...], ...]:
    """The report's rows: the row's name, then one cell per series. An absent value becomes `missing`."""
    columns = [[missing if value is None else value for value in series.values] for series in report.series]
    return tuple(zip(report.rows, *columns, strict=True))

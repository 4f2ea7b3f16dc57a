"""The Table that every format is written from, and the base class of layouts, which make a Table of a Report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from widgets.cyfe.drawing import Colors, Drawing
from widgets.report import Number, Report, ReportError, RowKind, Value

Cell = str | date | Number | None
Cells = Sequence[str | Number]


@dataclass(frozen=True, slots=True)
class Table:
    """Everything that is shown of a report: CSV, JSON and the picture are each written from this alone.

    `columns` and text cells hold labels as Mixpanel gave them: each writer makes them safe.
    `options`  the rows after the data (`Color`, `YAxis`, …) by name, in Cyfe's order: only those that were asked for
    `labels_first`  the first column holds labels, so one that reads like an option row must be marked
    `colors`  (label, colour) per curve or slice, once in a chart of one colour; asked for or not
    `additive`  values add up
    `percent`, `reverse`  numbers are percentages of a cohort; less is better
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

    def option(self, name: str) -> str | Number | None:
        """The value of an option that is the same for every column; None where it was not asked for."""
        return next(iter(self.options.get(name, ())), None)

    @property
    def labels(self) -> list[str]:
        """The first column's labels."""
        return [str(row[0]) for row in self.rows]

    def numbers(self, column: int) -> list[Number]:
        """The numbers of one column, 0 where there is none."""
        cells = (row[column] for row in self.rows)
        return [cell if isinstance(cell, int | float) else 0 for cell in cells]


class Layout:
    """One chart family of Cyfe.

    charts  the chart types that share this layout
    row_kinds  the row_kinds of Report that it can draw (see `Report.row_kind`); the first is what it prefers
    """

    charts: ClassVar[tuple[str, ...]]
    row_kinds: ClassVar[tuple[RowKind, ...]]

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """Raises ReportError, with a message for the widget's maker, for data that this chart can't show."""
        raise NotImplementedError


def is_empty(report: Report) -> bool:
    return not (report.rows and report.series)


def nothing_to_draw() -> ReportError:
    return ReportError(
        "Mixpanel's answer holds nothing to draw for these dates. "
        "Choose a longer range, or check the event's name, the filters and the labels that are dropped."
    )


def values_of_totals(report: Report) -> list[Number]:
    """The one value of every series of a report of totals; a missing value is 0."""
    return [(series.values[0] if series.values else None) or 0 for series in report.series]


def rows_of(report: Report, missing: Value) -> tuple[tuple[Cell, ...], ...]:
    """The report's rows, name first, then one cell per series, with `missing` where there is no value."""
    columns = [[missing if value is None else value for value in series.values] for series in report.series]
    return tuple(zip(report.rows, *columns, strict=True))

"""What a layout is: a small class that turns a Report into the Table of one chart family."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report, ReportError, RowKind, Value

Cell = str | date | Number | None


@dataclass(frozen=True, slots=True)
class Table:
    """What Cyfe reads, before it is written as text.

    `columns` and text cells hold labels as Mixpanel gave them: making them safe is the writer's work.
    `options` are the rows after the data (`Color`, `YAxis`, …), their first cell being the name.
    `labels_first`: the first column holds labels, so one that reads like an option row must be marked.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    options: tuple[tuple[str, Sequence[str | Number]], ...] = ()
    labels_first: bool = False
    date_format: str = "%Y%m%d"


class Layout:
    """One chart family of Cyfe.

    charts  the chart types that share this layout
    row_kinds  the row_kinds of Report that it can draw (see `Report.row_kind`); the first is what it prefers
    """

    charts: ClassVar[tuple[str, ...]]
    row_kinds: ClassVar[tuple[RowKind, ...]]

    def lay_out(self, report: Report, drawing: Drawing) -> Table:
        """Raises ReportError, with a message for the widget's maker, for data that doesn't fit."""
        raise NotImplementedError


def is_empty(report: Report) -> bool:
    return not (report.rows and report.series)


def nothing_to_draw() -> ReportError:
    return ReportError(
        "Mixpanel's answer holds nothing to draw for these dates. "
        "Choose a longer range, or check the event's name, the filters and the labels that are dropped."
    )


def values_of_totals(report: Report) -> list[Number]:
    """The one value of every series of a report of totals; what didn't happen counts 0."""
    return [(series.values[0] if series.values else None) or 0 for series in report.series]


def rows_of(report: Report, missing: Value) -> tuple[tuple[Cell, ...], ...]:
    """The report's rows, name first, then a cell a series, with `missing` where there is no value."""
    columns = [[missing if value is None else value for value in series.values] for series in report.series]
    return tuple(zip(report.rows, *columns, strict=True))

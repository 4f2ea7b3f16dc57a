"""Writes a Table as CSV for Cyfe, and as plain data for JSON.

The CSV has no quotes: splitting a line at its commas gives the same cells as a CSV parser.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from widgets.cyfe.labels import distinct, heading, row_label, safe
from widgets.cyfe.layout import Cell, Table
from widgets.cyfe.numbers import number_text


def write_csv(table: Table) -> bytes:
    """The CSV for Cyfe, in UTF-8 without a BOM. Every line ends with a single newline."""
    lines = [_header(table), *_rows(table), *_options(table)]
    return "".join(",".join(cells) + "\n" for cells in lines).encode()


def table_as_json(table: Table) -> dict[str, Any]:
    """Columns and rows, with the labels of the Report, dates and hours in ISO 8601, and None for empty cells."""
    return {
        "columns": list(table.columns),
        "rows": [[cell.isoformat() if isinstance(cell, date) else cell for cell in row] for row in table.rows],
    }


def hour_text(hour: datetime) -> str:
    """The hour without its UTC offset. Spreadsheets read this form as a time."""
    return hour.strftime("%Y-%m-%d %H:%M")


def _header(table: Table) -> list[str]:
    if not table.labels_first:
        return distinct(map(safe, table.columns))
    first, *others = table.columns
    return distinct([heading(first), *map(safe, others)])


def _rows(table: Table) -> Iterator[list[str]]:
    if not table.labels_first:
        yield from ([_cell(cell, table.date_format) for cell in row] for row in table.rows)
        return
    # When clocks go back, two hours have the same name.
    first = (row[0] for row in table.rows)
    labels = distinct(row_label(cell) if isinstance(cell, str) else _cell(cell, "") for cell in first)
    for label, row in zip(labels, table.rows, strict=True):
        yield [label, *(_cell(cell, table.date_format) for cell in row[1:])]


def _options(table: Table) -> Iterator[list[str]]:
    for name, cells in table.options.items():
        yield [name, *(_cell(cell, table.date_format) for cell in cells)]


def _cell(cell: Cell, date_format: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe(cell)
    if isinstance(cell, datetime):
        return hour_text(cell)
    if isinstance(cell, date):
        return cell.strftime(date_format)
    return number_text(cell)

"""Plain CSV for spreadsheets and other dashboards: one header row, ISO dates, and quotes if RFC 4180 requires them."""

import csv
import io
from datetime import date, datetime

from widgets.cyfe import Table
from widgets.cyfe.labels import distinct, readable, without_formula
from widgets.cyfe.layout import Cell
from widgets.cyfe.numbers import number_text
from widgets.cyfe.writing import hour_text


def write(table: Table) -> bytes:
    """The CSV in UTF-8 without a BOM. Lines end with CRLF. No text cell is a formula."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(header(table))
    lines.writerows([_text(cell) for cell in row] for row in table.rows)
    return file.getvalue().encode()


def header(table: Table) -> list[str]:
    """The names of the columns, all different, because programs find a column by its name."""
    return distinct(without_formula(readable(column)) for column in table.columns)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return without_formula(readable(cell))
    if isinstance(cell, datetime):
        return hour_text(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return number_text(cell)

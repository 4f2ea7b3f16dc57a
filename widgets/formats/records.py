"""The format Records: a JSON list with one object per row. The keys are the column names of the plain CSV."""

import json

from widgets.cyfe import Table, table_as_json
from widgets.formats.plain_csv import header


def write(table: Table) -> bytes:
    """The records as JSON, with values as in `table_as_json`."""
    keys = header(table)
    rows = [dict(zip(keys, row, strict=True)) for row in table_as_json(table)["rows"]]
    return json.dumps(rows, ensure_ascii=True, allow_nan=False).encode()

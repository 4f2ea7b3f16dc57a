"""The format JSON: title, chart, columns and rows. Labels are not made safe for CSV."""

import json

from widgets.cyfe import Table, table_as_json


def write(table: Table) -> bytes:
    """The JSON without its closing brace, because `poll.response` appends `fetched_at` and `stale` to each response."""
    content = {"title": table.title, "chart": table.chart} | table_as_json(table)
    return json.dumps(content, ensure_ascii=True, allow_nan=False)[:-1].encode()

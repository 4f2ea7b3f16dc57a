"""The format JSON: title, chart, columns and rows, with labels as Mixpanel gave them."""

import json

from widgets.cyfe import Table, table_as_json


def write(table: Table) -> bytes:
    """The Table as JSON without its closing brace, because each response appends the time of its data (see
    `poll.response`)."""
    content = {"title": table.title, "chart": table.chart} | table_as_json(table)
    return json.dumps(content, ensure_ascii=True, allow_nan=False)[:-1].encode()

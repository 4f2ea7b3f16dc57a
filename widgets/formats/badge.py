"""A badge with one number, in the format that shields.io reads (https://shields.io/badges/endpoint-badge)."""

import json

from widgets.cyfe import Table
from widgets.cyfe.labels import readable
from widgets.cyfe.numbers import number_text


def write(table: Table) -> bytes:
    """The badge as JSON. Its message is the number; for a gauge, the number and the target."""
    content = {
        "schemaVersion": 1,
        "label": readable(table.title or table.columns[0]),
        "message": " / ".join(_grouped(number) for number in table.rows[0] if isinstance(number, int | float)),
        "color": table.colors[0][1].removeprefix("#") if table.colors else "blue",
    }
    return json.dumps(content, ensure_ascii=True, allow_nan=False).encode()


def _grouped(number: float) -> str:
    """The number as in Cyfe's CSV, with commas between the thousands."""
    whole, point, decimals = number_text(number).partition(".")
    return f"{int(whole):,}{point}{decimals}" if whole != "-0" else f"-0{point}{decimals}"

"""The formats of a widget's data (`/w/<slug>.<extension>`). All formats are written from the same Table."""

from collections.abc import Callable
from dataclasses import dataclass

from widgets.cyfe import Table, write_csv
from widgets.formats import badge, plain_csv, records, table_json
from widgets.spec import Charted, hours_on_axis

__all__ = ["FORMATS", "NOT_FOR_CYFE", "formats_for", "has_format"]

NOT_FOR_CYFE = (
    "Cyfe's dates have no hours, so this chart has no address for Cyfe. For hours in Cyfe, choose the chart type Table."
)


@dataclass(frozen=True, slots=True)
class Format:
    """`readers`: tells people which programs read the format.

    `charts`: the chart types with this format; empty for all. `has_hours`: charts with hours on their axis have this
    format, too (see `spec.hours_on_axis`).
    """

    extension: str
    name: str
    content_type: str
    write: Callable[[Table], bytes]
    readers: str = ""
    charts: tuple[str, ...] = ()
    has_hours: bool = True


_FORMATS = (
    # Cyfe's dates have no hours: Cyfe would draw all hours of a day at one point.
    Format("csv", "CSV for Cyfe", "text/csv; charset=utf-8", write_csv, has_hours=False),
    Format(
        "plain.csv",
        "Plain CSV",
        "text/csv; charset=utf-8",
        plain_csv.write,
        'Google Sheets: =IMPORTDATA("address"). Excel: Data → From Web. Also Grafana, Klipfolio, pandas.',
    ),
    Format(
        "records.json",
        "Records",
        "application/json",
        records.write,
        "Redash: data source JSON. Grafana: data source Infinity. Also Home Assistant and TRMNL.",
    ),
    Format(
        "badge.json",
        "Badge",
        "application/json",
        badge.write,
        "For READMEs and wikis: https://img.shields.io/endpoint?url=address",
        charts=("number", "gauge"),
    ),
    Format(
        "json",
        "JSON",
        "application/json",
        table_json.write,
        "For your own scripts: columns, rows, and the time when Mixpanel gave the numbers.",
    ),
)

FORMATS: dict[str, Format] = {format.extension: format for format in _FORMATS}
"""Extension → format. Cyfe's format is the first."""


def has_format(widget: Charted, extension: str) -> bool:
    """True if the widget has this format. Also true for an extension outside FORMATS, such as `poll.render.FIGURE`."""
    format = FORMATS.get(extension)
    if format is None:
        return True
    return (not format.charts or widget.chart in format.charts) and (format.has_hours or not hours_on_axis(widget))


def formats_for(widget: Charted) -> list[Format]:
    return [format for extension, format in FORMATS.items() if has_format(widget, extension)]

"""Map: countries by how much happened there, the largest named below.

The outlines are Natural Earth's (see make_world.py), because pygal's own map lacks Qatar and some sixty others.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from widgets.charts import wording
from widgets.charts.colors import CARD, MUTED, Ink, heat
from widgets.charts.number import readable
from widgets.charts.svg import WIDTH, Sheet
from widgets.charts.totals import totals
from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report, ReportError

_MEANT = {"UK": "GB"}
_MAP_LEFT, _MAP_TOP = 2, 4
_EDGE, _GAP = 16, 30
_LIST_TOP, _LINE = 326, 22
_COLUMNS, _LINES = 3, 2
_SIZE = 13.5
_LAND = Ink("#e1e5ea", "#2f363e")


@lru_cache(maxsize=1)
def outlines() -> dict[str, Any]:
    """`land`: path data by country code ("" for what is none's); `dots`: where the smallest lie; `borders`."""
    stored: dict[str, Any] = json.loads(Path(__file__).with_name("world.json").read_text(encoding="utf-8"))
    return stored


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    values = _by_country(report)
    if not values:
        raise ReportError(
            "A map needs two-letter country codes, and none of these values is one. "
            "Break the event down by its country code: mp_country_code."
        )
    world = outlines()
    scale = heat(drawing.colors_for([next(iter(values))])[0], 10)[2:]
    most = max(values.values())
    group = sheet.add("g", transform=f"translate({_MAP_LEFT} {_MAP_TOP})")
    rest = "".join(path for code, path in world["land"].items() if values.get(code, 0) <= 0)
    sheet.add("path", group, d=rest, ink=_LAND)
    shades: dict[Ink, list[str]] = {}
    for code, value in values.items():
        if value > 0:
            shades.setdefault(_shade(value, most, scale), []).append(code)
    for shade, codes in shades.items():
        if data := "".join(world["land"].get(code, "") for code in codes):
            sheet.add("path", group, d=data, ink=shade)
    sheet.add(
        "path",
        group,
        d=world["borders"],
        ink=CARD,
        fill="none",
        stroke="currentColor",
        stroke_width=".5",
        stroke_linejoin="round",
    )
    for shade, codes in shades.items():
        for code in codes:
            if code in world["dots"]:
                x, y = world["dots"][code]
                sheet.add("circle", group, cx=x, cy=y, r=2.4, ink=shade)
    _largest(sheet, values, scale)


def _by_country(report: Report) -> dict[str, Number]:
    """Values by code, largest first: what is no country's code is left out."""
    values: dict[str, Number] = {}
    for total in totals(report):
        written = total.label.strip()
        code = _MEANT.get(written.upper(), written.upper()) if written.isascii() else ""
        if code not in COUNTRIES:
            continue
        if code not in values:
            values[code] = total.value
        elif report.additive:
            values[code] += total.value
    return dict(sorted(values.items(), key=lambda item: (-item[1], item[0])))


def _largest(sheet: Sheet, values: dict[str, Number], scale: tuple[Ink, ...]) -> None:
    """The first of them with their numbers, in three columns below the map."""
    shown = list(values.items())[: _COLUMNS * _LINES - (len(values) > _COLUMNS * _LINES)]
    width = (WIDTH - 2 * _EDGE + _GAP) / _COLUMNS
    for i, (code, value) in enumerate(shown):
        x, y = _EDGE + i % _COLUMNS * width, _LIST_TOP + i // _COLUMNS * _LINE
        words = readable(value)
        sheet.add("rect", x=x, y=y - 10, width=10, height=10, rx=2.5, ink=_shade(value, shown[0][1], scale))
        room = width - _GAP - 17 - 10 - wording.width(words, _SIZE)
        sheet.text(x + 17, y, wording.fitted(COUNTRIES[code], room, _SIZE), size=_SIZE)
        sheet.text(x + width - _GAP, y, words, size=_SIZE, anchor="end", font_weight="600")
    if len(shown) < len(values):
        i = len(shown)
        x, y = _EDGE + i % _COLUMNS * width, _LIST_TOP + i // _COLUMNS * _LINE
        sheet.text(x + 17, y, wording.and_more(len(values) - i), size=_SIZE, ink=MUTED)


def _shade(value: Number, most: Number, scale: tuple[Ink, ...]) -> Ink:
    """The square root of a share, or all but the largest countries would look the same."""
    return scale[round((value / most) ** 0.5 * (len(scale) - 1))] if value > 0 else _LAND

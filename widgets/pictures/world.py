"""Map: countries by how much happened there, the largest named below.

The outlines are Natural Earth's (see make_world.py), because pygal's own map lacks Qatar and some fifty others.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.drawing import Drawing
from widgets.report import Number, Report, ReportError

from . import wording
from .colors import LIGHT_CARD, DARK_CARD, MUTED, TRACK, Ink, heat, ink
from .svg import HEIGHT, WIDTH, Sheet
from .totals import totals

_MEANT = {"UK": "GB"}
_MAP_LEFT, _MAP_TOP = 2, 4
_NAMED = 5
_BORDER = Ink(LIGHT_CARD, DARK_CARD)
_LAND = Ink("#e1e5ea", "#3a424d")


@lru_cache(maxsize=1)
def outlines() -> dict[str, Any]:
    """`land`: path data by country code ("" for what is none's); `dots`: where the smallest lie; `borders`."""
    stored: dict[str, Any] = json.loads(Path(__file__).with_name("world.json").read_text())
    return stored


def paint(sheet: Sheet, report: Report, drawing: Drawing) -> None:
    values = _by_country(report)
    if not values:
        raise ReportError(
            "A map needs two-letter country codes, and none of these values is one. "
            "Break the event down by its country code: mp_country_code."
        )
    world = outlines()
    scale = heat(drawing.colors_for([next(iter(values))])[0], 10)[1:]
    most = max(values.values())
    group = sheet.add("g", transform=f"translate({_MAP_LEFT} {_MAP_TOP})")
    rest = "".join(path for code, path in world["land"].items() if values.get(code, 0) <= 0)
    sheet.add("path", group, d=rest, ink=_LAND)
    shades: dict[Ink, list[str]] = {}
    for code, value in values.items():
        if value > 0:
            # The square root, or all but the largest country would look the same.
            shades.setdefault(scale[round((value / most) ** 0.5 * (len(scale) - 1))], []).append(code)
    for shade, codes in shades.items():
        if data := "".join(world["land"].get(code, "") for code in codes):
            sheet.add("path", group, d=data, ink=shade)
    sheet.add(
        "path",
        group,
        d=world["borders"],
        ink=_BORDER,
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
    _largest(sheet, values, scale, drawing)


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

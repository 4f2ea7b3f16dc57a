"""Map: the countries, shaded by their values. The picture names the largest countries below the map.

`world.json` was made from two public npm packages: `countries-50m.json` of world-atlas 2 (the outlines of Natural
Earth, public domain) and `countries.json` of world-countries 5 (ISO numbers to two-letter codes). The steps:
1. Drop Antarctica. Move all lines that lie west of the meridian 172° W to the east side, beside Chukotka.
2. Project with Equal Earth (https://doi.org/10.1080/13658816.2018.1504949), to 636 units of width.
3. Simplify each line (Douglas and Peucker, 0.4 units). Drop islands that are smaller than 0.7 square units.
4. Parts of a country that have their own ISO code get that code (French Guiana, Réunion, Svalbard and others).
   Crimea belongs to Ukraine.
5. Add a dot for each country that is smaller than 6 square units or has no outline.
6. Join the lines that two countries share as `borders`.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from widgets.charts import wording
from widgets.charts.colors import CARD, MUTED, Ink, heat
from widgets.charts.number import readable
from widgets.charts.svg import WIDTH, Sheet
from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.layout import Table
from widgets.report import Number

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


def paint(sheet: Sheet, table: Table) -> None:
    codes = {name: code for code, name in COUNTRIES.items()}
    found = {codes.get(label, label): value for label, value in zip(table.labels, table.numbers(1), strict=True)}
    values = dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
    world = outlines()
    scale = heat(table.colors[0][1], 10)[2:]
    most = max(values.values())
    group = sheet.add("g", transform=f"translate({_MAP_LEFT} {_MAP_TOP})")
    shades: dict[Ink, list[str]] = {}
    for code in world["land"]:
        shades.setdefault(_shade(values.get(code, 0), most, scale), []).append(code)
    for shade, shaded in shades.items():
        sheet.add("path", group, d="".join(world["land"][code] for code in shaded), ink=shade)
    sheet.add("path", group, d=world["borders"], ink=CARD, fill="none", stroke="currentColor", stroke_width=".5")
    for code, (x, y) in world["dots"].items():
        if values.get(code, 0) > 0:
            sheet.add("circle", group, cx=x, cy=y, r=2.4, ink=_shade(values[code], most, scale))
    _largest(sheet, values, scale)


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

"""The map: the countries, shaded by their values.

`static/widgets/charts/world.json` (GeoJSON, names are ISO 3166-1 codes) was made from two public npm packages:
`countries-50m.json` of world-atlas 2 (the outlines of Natural Earth, public domain) and `countries.json` of
world-countries 5 (ISO numbers to two-letter codes). The steps:
1. Drop Antarctica. Move all lines west of the meridian 172° W to the east side of the map, beside Chukotka.
2. Project with Equal Earth (https://doi.org/10.1080/13658816.2018.1504949), to 636 units of width.
3. Simplify each line (Douglas and Peucker, 0.4 units). Drop islands that are smaller than 0.7 square units.
4. Parts of a country that have their own ISO code get that code (French Guiana, Réunion, Svalbard and others).
   Crimea belongs to Ukraine.
5. Add a small circle for each country that is smaller than 6 square units or has no outline.
6. Large countries come first, so that the small ones inside them lie on top.
"""

from typing import Any

from widgets.charts.colors import STEPS, shades
from widgets.cyfe.countries import COUNTRIES
from widgets.cyfe.layout import Table


def option(table: Table) -> dict[str, Any]:
    """`bounds`: the values at which the shade changes.

    With evenly spaced bounds, most countries would have the same shade.
    """
    codes = {name: code for code, name in COUNTRIES.items()}
    labels, values = table.labels, table.numbers(1)
    most = max(*values, 0)
    return {
        "series": [
            {
                "type": "map",
                "map": "world",
                "data": [
                    {"name": codes.get(label, label), "value": value}
                    for label, value in zip(labels, values, strict=True)
                ],
            }
        ],
        "bounds": [most * (step / STEPS) ** 2 for step in range(STEPS + 1)],
        "shades": shades(table.colors[0][1]),
    }

"""How `world.json` was made; nothing imports this, and only a new edition of the borders needs it again.

npm pack world-atlas@2 world-countries@5   # Natural Earth's borders (public domain), and ISO codes
python -m widgets.charts.make_world world-atlas/countries-50m.json world-countries/dist/countries.json
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from widgets.charts.svg import outline

Point = tuple[float, float]

WIDTH = 636
CUT = -172.0
"""The meridian at the map's edges: what lies mostly west of it is drawn in the east, beside Chukotka."""

ROUGHNESS = 0.4
SMALLEST_ISLAND = 0.7
SMALLEST_COUNTRY = 6.0
"""In units of the picture, and squares of them; a smaller country gets a dot as well."""

UNNUMBERED = {"Somaliland": "SO", "N. Cyprus": "CY", "Kosovo": "XK"}
ELSEWHERE = {
    # Parts that ISO 3166 (and so the GeoIP data behind Mixpanel's codes) does not count to who holds them.
    "GF": ("FR", (3.9, -53.1), 4),
    "GP": ("FR", (16.2, -61.5), 0.8),
    "MQ": ("FR", (14.6, -61.0), 0.6),
    "RE": ("FR", (-21.1, 55.5), 2),
    "YT": ("FR", (-12.8, 45.2), 2),
    "SJ": ("NO", (78.5, 18.0), 15),
    "BQ": ("NL", (12.2, -68.3), 2),
    "UA": ("RU", (45.3, 34.4), 2),
}
DOTS = {
    "BV": (-54.4, 3.4),
    "CC": (-12.2, 96.8),
    "CX": (-10.5, 105.7),
    "GI": (36.1, -5.35),
    "TK": (-9.2, -171.8),
    "TV": (-8.5, 179.2),
    "UM": (19.3, 166.6),
}


def project(lon: float, lat: float) -> Point:
    """Equal Earth, which keeps areas comparable. https://doi.org/10.1080/13658816.2018.1504949"""
    lon = math.radians(lon - CUT - 180)
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(lat)))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t2 = theta * theta
    t6 = t2**3
    bend = math.sqrt(3) * (a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2))
    return 2 * lon * math.cos(theta) / bend, -theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))


def simplified(points: Sequence[Point]) -> list[Point]:
    """Douglas and Peucker's: without the points that lie within ROUGHNESS of the line without them."""
    if len(points) < 3:
        return list(points)
    (x0, y0), (x1, y1) = points[0], points[-1]
    length = math.hypot(x1 - x0, y1 - y0)

    def away(point: Point) -> float:
        x, y = point
        if not length:
            return math.hypot(x - x0, y - y0)
        return abs((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)) / length

    distance, farthest = max((away(point), i) for i, point in enumerate(points[1:-1], 1))
    if distance < ROUGHNESS:
        return [points[0], points[-1]]
    return simplified(points[: farthest + 1])[:-1] + simplified(points[farthest:])


def area(ring: Sequence[Point]) -> float:
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]]))) / 2


def arcs_of(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """Degrees out of TopoJSON's steps; what lies west of the cut is moved around, whole, to the east.

    https://github.com/topojson/topojson-specification
    """
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for steps in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in steps:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        lons = [points[0][0]]
        for lon, _ in points[1:]:
            # Some lines cross the date line: half around the world in one step.
            lons.append(lon + 360 * round((lons[-1] - lon) / 360))
        turn = 360 if sum(lons) / len(lons) < CUT else 0
        yield [(lon + turn, lat) for lon, (_, lat) in zip(lons, points, strict=True)]


def code_of(holder: str, ring: Sequence[Point]) -> str:
    lon = sum(x for x, _ in ring) / len(ring)
    lat = sum(y for _, y in ring) / len(ring)
    for code, (of, (lat0, lon0), radius) in ELSEWHERE.items():
        if of == holder and math.hypot(lat - lat0, lon - lon0) < radius:
            return code
    return holder


def rings_of(topology: dict[str, Any], codes: dict[str, str]) -> Iterator[tuple[str, list[int]]]:
    """Every outer and inner ring as (country code, arcs)."""
    arcs = list(arcs_of(topology))
    for shape in topology["objects"]["countries"]["geometries"]:
        holder = codes.get(shape.get("id", ""), UNNUMBERED.get(shape["properties"]["name"], ""))
        polygons = shape.get("arcs", []) if shape["type"] == "MultiPolygon" else [shape.get("arcs", [])]
        if holder == "AQ":
            continue
        for ring in (ring for polygon in polygons for ring in polygon):
            yield code_of(holder, [point for arc in ring for point in arcs[arc if arc >= 0 else ~arc]]), ring


def joined(ring: Iterable[int], arcs: Sequence[list[Point]]) -> list[Point]:
    points: list[Point] = []
    for arc in ring:
        points += (arcs[arc] if arc >= 0 else arcs[~arc][::-1])[1:]
    return points


def world(topology: dict[str, Any], codes: dict[str, str]) -> dict[str, Any]:
    rings = list(rings_of(topology, codes))
    flat = [[project(*point) for point in arc] for arc in arcs_of(topology)]
    # Dots of land far out in the Pacific would make all the rest smaller.
    whole = [joined(ring, flat) for _, ring in rings]
    seen = [point for ring in whole if area(ring) > area(max(whole, key=area)) / 5000 for point in ring]
    left, top = min(x for x, _ in seen), min(y for _, y in seen)
    scale = WIDTH / (max(x for x, _ in seen) - left)

    def placed(x: float, y: float) -> Point:
        return (x - left) * scale, (y - top) * scale

    arcs = [simplified([placed(*point) for point in arc]) for arc in flat]
    land: dict[str, list[list[Point]]] = {}
    users: dict[int, set[str]] = {}
    for code, ring in rings:
        land.setdefault(code, []).append(joined(ring, arcs))
        for arc in ring:
            users.setdefault(arc if arc >= 0 else ~arc, set()).add(code)
    dots = {code: placed(*project(lon + 360 if lon < CUT else lon, lat)) for code, (lat, lon) in DOTS.items()}
    shapes = {}
    for code, outlines in sorted(land.items()):
        outlines.sort(key=area, reverse=True)
        if sum(map(area, outlines)) < SMALLEST_COUNTRY and code:
            spots = outlines[0]
            dots[code] = (sum(x for x, _ in spots) / len(spots), sum(y for _, y in spots) / len(spots))
        drawn = [ring for ring in outlines if area(ring) >= SMALLEST_ISLAND]
        if drawn:
            shapes[code] = "".join(outline(ring, closed=True) for ring in drawn)
    borders = [arcs[arc] for arc, codes_beside in users.items() if len(codes_beside) > 1]
    return {
        "source": "Natural Earth 1:50m (public domain), Equal Earth projection; made by make_world.py",
        "height": round((max(y for _, y in seen) - top) * scale, 1),
        "land": shapes,
        "dots": {code: [round(min(max(x, 2), WIDTH - 2), 1), round(y, 1)] for code, (x, y) in sorted(dots.items())},
        "borders": "".join(outline(border) for border in borders),
    }


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    topology, countries = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    made = world(topology, {country["ccn3"]: country["cca2"] for country in countries if country["ccn3"]})
    text = json.dumps(made, separators=(",", ":"), ensure_ascii=False)
    Path(__file__).with_name("world.json").write_text(text + "\n")

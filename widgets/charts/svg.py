"""A picture as an SVG tree: made, and written as bytes that are safe to show wherever they are opened.

Only what this file adds is in the tree: no script, link, font or foreign content has a way in. Text goes in as
text and is escaped when the tree is written. Light colours are attributes, so that a picture reads well
where style sheets are forbidden (a strict CSP) or unknown; the style sheet holds the dark ones.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable

from widgets.charts import wording
from widgets.charts.colors import TEXT, Ink

WIDTH, HEIGHT = 640, 360
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Noto Sans',Arial,sans-serif"

Element = ET.Element
Attribute = str | float


class Sheet:
    """The picture being drawn. Coordinates are of a ground of 640 × 360, whatever size it is shown in."""

    def __init__(self, title: str) -> None:
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {WIDTH} {HEIGHT}",
                "role": "img",
                "font-family": FONT,
                "font-size": "12",
                "color": TEXT.light,
                "fill": "currentColor",
            },
        )
        if title.strip():
            ET.SubElement(self.root, "title").text = wording.plain(title, longest=200)
        self._style = ET.SubElement(self.root, "style")
        self._inks: dict[Ink, str] = {}

    def add(self, tag: str, into: Element | None = None, *, ink: Ink | None = None, **attributes: Attribute) -> Element:
        """A new element; `_` in an attribute's name stands for `-`. Paint with `currentColor` to get the ink."""
        named = {name.strip("_").replace("_", "-"): _written(value) for name, value in attributes.items()}
        if ink is not None and ink != TEXT:  # the text's own ink is the root's, dark scheme and all
            named["color"] = ink.light
            named["class"] = self._inks.setdefault(ink, f"c{len(self._inks)}")
        return ET.SubElement(self.root if into is None else into, tag, named)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        into: Element | None = None,
        *,
        size: float = 12,
        anchor: str = "start",
        ink: Ink | None = None,
        **attributes: Attribute,
    ) -> Element:
        """One line of text, `y` being its baseline; labels must have been through `wording`."""
        if anchor != "start":
            attributes["text_anchor"] = anchor
        if size != 12:
            attributes["font_size"] = size
        element = self.add("text", into, ink=ink, x=x, y=y, **attributes)
        element.text = words
        return element

    def to_bytes(self) -> bytes:
        dark = "".join(f".{name}{{color:{ink.dark}}}" for ink, name in self._inks.items())
        self._style.text = (
            ":root{color-scheme:light dark}text{font-variant-numeric:tabular-nums}"
            f"@media(prefers-color-scheme:dark){{:root{{color:{TEXT.dark}}}{dark}}}"
        )
        return ET.tostring(self.root, encoding="unicode").encode()


def _written(value: Attribute) -> str:
    return value if isinstance(value, str) else coordinate(value)


def coordinate(value: float) -> str:
    """At most one decimal (a hundredth of the width of a pixel is nobody's business) and no needless zero."""
    text = f"{value:.1f}"
    if text.endswith(".0"):
        text = text[:-2]
    elif text.startswith("0."):
        text = text[1:]
    elif text.startswith("-0."):
        text = "-" + text[2:]
    return "0" if text == "-0" else text


def outline(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """The points as path data, in steps between rounded places, which is about half as long as the places."""
    data: list[str] = []
    at: tuple[int, int] | None = None
    for point in points:
        x, y = tenths(point[0]), tenths(point[1])
        if at is None:
            data.append(f"M{_step(x)}{_joined(y)}l")
        elif (x, y) != at:
            data.append(f"{_joined(x - at[0]) if data[-1][-1] != 'l' else _step(x - at[0])}{_joined(y - at[1])}")
        at = x, y
    if len(data) == 1:
        # A lone place: no step to make, yet a round cap shows it as a dot.
        return data[0] + "0 0"
    return "".join(data) + ("z" if closed else "")


FARTHEST = 100_000


def tenths(value: float) -> int:
    """The place as a whole number, so that steps between places add up to exactly where they lead."""
    return round(max(-FARTHEST, min(FARTHEST, value)) * 10)


def _step(tenths: int) -> str:
    return coordinate(tenths / 10)


def _joined(tenths: int) -> str:
    text = _step(tenths)
    return text if text.startswith("-") else f" {text}"

"""Colours: lighter and darker ones, steps of a heat scale, and ink that can be read on them."""

import re
from functools import lru_cache
from typing import NamedTuple

LIGHT_CARD = "#ffffff"
DARK_CARD = "#1c2128"
"""What pictures are likely to lie on; their own ground is transparent."""

READABLE = 4.5
DISCERNIBLE = 3.0
"""Contrast that WCAG 2.2 asks of text (1.4.3) and of graphics (1.4.11)."""

_HEX = re.compile(r"#[0-9a-f]{6}", re.ASCII)


class Ink(NamedTuple):
    """A colour on a light ground, and the one to use in its place on a dark one."""

    light: str
    dark: str


TEXT = Ink("#24292f", "#e6e9ed")
MUTED = Ink("#626b76", "#9aa4af")
GRID = Ink("#e4e7eb", "#343b45")
AXIS = Ink("#b6bdc6", "#56606c")
TRACK = Ink("#edeff2", "#2d333b")
CARD = Ink(LIGHT_CARD, DARK_CARD)
GOOD = Ink("#1a7f37", "#4ac26b")
BAD = Ink("#c5221f", "#ff7b72")
REST = Ink("#9aa3ae", "#7d8793")
"""For what many share: "… and 48 more"."""


@lru_cache(maxsize=512)
def ink(color: str) -> Ink:
    """A widget's colour, which a dark ground may ask to be lighter; grey if it is no colour at all."""
    color = color.lower()
    if not _HEX.fullmatch(color):
        return REST
    dark, share = color, 0.0
    while contrast(dark, DARK_CARD) < DISCERNIBLE:
        share += 0.05
        dark = mixed(color, "#ffffff", share)
    return Ink(color, dark)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mixed(color: str, other: str, share: float) -> str:
    """`color` with so much (0–1) of the other in it."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def luminance(color: str) -> float:
    """0 (black) to 1 (white). https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(color: str, other: str) -> float:
    """1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=64)
def heat(color: str, steps: int = 9) -> tuple[Ink, ...]:
    """Grounds from next to nothing to the whole colour, dark colours for light cards and the reverse."""
    strong = ink(color)
    deep = strong.light
    while contrast(deep, LIGHT_CARD) < READABLE:
        deep = mixed(deep, "#000000", 0.1)
    bright = strong.dark
    while contrast(bright, DARK_CARD) < READABLE:
        bright = mixed(bright, "#ffffff", 0.1)
    shares = [0.92 * (1 - i / (steps - 1)) for i in range(steps)]
    return tuple(Ink(mixed(deep, LIGHT_CARD, s), mixed(bright, DARK_CARD, s * 0.86)) for s in shares)


@lru_cache(maxsize=512)
def on(ground: Ink) -> Ink:
    """Ink that can be read on that ground, whichever of the two it is."""
    return Ink(_readable_on(ground.light), _readable_on(ground.dark))


def _readable_on(ground: str) -> str:
    best = max(("#ffffff", "#1b1f24"), key=lambda color: contrast(color, ground))
    # In between the two lie grounds on which only black can be read.
    return best if contrast(best, ground) >= READABLE else "#000000"

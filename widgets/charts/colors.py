"""The colours of charts: on light cards as in Cyfe, and on dark cards with enough contrast."""

from functools import lru_cache

LIGHT_CARD = "#ffffff"
DARK_CARD = "#1c2128"

DISCERNIBLE = 3.0
"""The contrast ratio that WCAG 2.2 requires for graphics (1.4.11)."""

STEPS = 9
"""The number of shades in a map or a heat map."""


@lru_cache(maxsize=512)
def on_cards(color: str) -> tuple[str, str]:
    """The colour `#rrggbb` for light cards and for dark cards.

    On light cards, the colour stays as in Cyfe. On dark cards, colours with too little contrast are lightened.
    """
    color = color.lower()
    dark, share = color, 0.0
    while contrast(dark, DARK_CARD) < DISCERNIBLE:
        share += 0.05
        dark = mixed(color, "#ffffff", share)
    return color, dark


def shades(color: str) -> list[list[str]]:
    """The STEPS shades for light cards and for dark cards, in even steps.

    The first shade is close to the card's colour. The last shade is the full colour.
    """
    shares = [0.88 * (1 - step / (STEPS - 1)) for step in range(STEPS)]
    cards = zip(on_cards(color), (LIGHT_CARD, DARK_CARD), strict=True)
    return [[mixed(full, card, share) for share in shares] for full, card in cards]


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mixed(color: str, other: str, share: float) -> str:
    """`color` mixed with `other`. `share` (0 to 1) is the part of `other`."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def luminance(color: str) -> float:
    """The relative luminance, 0 (black) to 1 (white). https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in _channels(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(color: str, other: str) -> float:
    """The contrast ratio, 1 to 21. https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)

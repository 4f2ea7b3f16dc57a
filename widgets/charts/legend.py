"""The legend above a chart: which colour is whose, in at most two lines however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from widgets.charts import wording
from widgets.charts.colors import MUTED, Ink
from widgets.charts.svg import Sheet

LINE = 22
MOST = 12
_SIZE = 13.5
_LINES = 2
_GAP = 16
_SWATCH = 17


@dataclass(frozen=True, slots=True)
class Entry:
    """`suffix` follows the label even where that has to be cut."""

    label: str
    ink: Ink
    suffix: str = ""
    line: bool = False
    """Its sign is a stroke, not a square."""


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    line: int
    words: str

    @property
    def end(self) -> float:
        return self.x + _SWATCH + wording.width(self.words, _SIZE)


def draw(sheet: Sheet, entries: Sequence[Entry], bounds: tuple[float, float], y: float, *, not_drawn: int = 0) -> float:
    """Draws it from `y` downwards between left and right, and returns where it ends.

    `not_drawn`: how many series the chart leaves out beside those of the entries.
    """
    places = _places(entries, bounds)
    while True:
        more = len(entries) - len(places) + not_drawn
        words = f"and {more:,} more" if more else ""
        if not_drawn:
            words += f" ({not_drawn:,} not drawn)" if more > not_drawn else ", not drawn"
        if len(places) == 1 or places[-1].end + _GAP + wording.width(words, _SIZE) <= bounds[1] or not more:
            break
        places.pop()
    for place, entry in zip(places, entries, strict=False):
        middle = y + place.line * LINE + 8
        sign = sheet.add("g", ink=entry.ink)
        if entry.line:
            sheet.add("rect", sign, x=place.x, y=middle - 1.5, width=11, height=3, rx=1.5)
        else:
            sheet.add("rect", sign, x=place.x, y=middle - 5, width=10, height=10, rx=2.5)
        sheet.text(place.x + _SWATCH, middle + 4.5, place.words, size=_SIZE)
    last = places[-1]
    if words:
        sheet.text(last.end + _GAP, y + last.line * LINE + 12.5, words, size=_SIZE, ink=MUTED)
    return y + (last.line + 1) * LINE


def _places(entries: Sequence[Entry], bounds: tuple[float, float]) -> list[_Place]:
    """Of as many entries, from the first, as there is room for."""
    left, right = bounds
    longest = 170 if len(entries) > 4 else 290
    places: list[_Place] = []
    x, line = left, 0
    for entry in entries[:MOST]:
        room = longest - wording.width(entry.suffix, _SIZE)
        place = _Place(x, line, wording.fitted(entry.label, room, _SIZE) + entry.suffix)
        if x > left and place.end > right:
            line += 1
            place = _Place(left, line, place.words)
        if line == _LINES:
            break
        places.append(place)
        x = place.end + _GAP
    return places

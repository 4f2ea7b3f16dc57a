"""The numbers at points and on bars that the option `show_labels` asks for, where there is room for them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from widgets.charts import wording
from widgets.charts.colors import CARD, Ink, on
from widgets.charts.svg import Sheet

if TYPE_CHECKING:
    from widgets.charts.plot import Drawn, Plot

SIZE = 11.5
_HEIGHT = 12
_MOST = 400
"""Numbers that are tried; long before that many, no more find room."""


class _Note(NamedTuple):
    """`x` is the middle of the words, `y` their baseline, both from the plot's upper left corner."""

    x: float
    y: float
    words: str
    ink: Ink | None
    over_lines: bool = False


class Notes:
    """Collects what could be written at a plot's curves, then writes what does not overlap."""

    def __init__(self, plot: "Plot") -> None:
        self._plot = plot
        self._notes: list[_Note] = []

    def of_points(self, one: "Drawn", points: Sequence[tuple[float, float]]) -> None:
        for (x, y), value in zip(points, one.values, strict=False):
            self._notes.append(_Note(x, y - 7, wording.short(value), None, over_lines=True))

    def of_bars(self, one: "Drawn", bars: Sequence[tuple[float, float, float, float]]) -> None:
        """In the middle of a bar that is part of a stack, else beyond its end."""
        for (x, y, width, height), value in zip(bars, one.values, strict=True):
            words = wording.short(value)
            room = wording.width(words, SIZE)
            if "stacked" in one.kind:
                if one.kind == "stackedpercentagecolumn":
                    words = f"{value:.0f}%"
                if width > room + 2 and height > _HEIGHT:
                    self._notes.append(_Note(x + width / 2, y + height / 2 + 3.5, words, on(one.ink)))
            elif self._plot.turned:
                beyond = x + width + 4 + room / 2 if value >= 0 else x - 4 - room / 2
                self._notes.append(_Note(beyond, y + height / 2 + 3.5, words, None))
            else:
                below = (value < 0) != self._plot.upside_down
                self._notes.append(_Note(x + width / 2, y + height + 11 if below else y - 4, words, None))

    def write(self, sheet: Sheet) -> None:
        halos = sheet.add(
            "g", font_size=SIZE, ink=CARD, stroke="currentColor", stroke_width=3, stroke_linejoin="round", opacity=".8"
        )
        texts = sheet.add("g", font_size=SIZE)
        taken: list[tuple[float, float, float, float]] = []
        for note in self._notes[:: max(1, len(self._notes) // _MOST)]:
            half = wording.width(note.words, SIZE) / 2 + 1.5
            # Not over the numbers of the axis, but as far as the picture's edge on the other side.
            middle = max(note.x, half) if note.over_lines else note.x
            box = (middle - half, note.y - _HEIGHT + 2, middle + half, note.y + 2)
            outside = box[1] < -_HEIGHT or box[3] > self._plot.height + 2 or box[2] > self._plot.width + 20
            if outside or any(
                box[0] < right and left < box[2] and box[1] < bottom and top < box[3]
                for left, top, right, bottom in taken
            ):
                continue
            taken.append(box)
            x, y = middle + self._plot.left, note.y + self._plot.top
            if note.over_lines:
                sheet.text(x, y, note.words, halos, anchor="middle")
            sheet.text(x, y, note.words, texts, anchor="middle", ink=note.ink)

"""How a widget wants to be drawn: chart, colours and options, nothing of the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from widgets.report import Number

PALETTE = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#332288",
    "#999933",
    "#882255",
    "#44aa99",
    "#777777",
    "#aa4499",
)
"""Colours that stay apart for the colour-blind: Okabe & Ito's set, then Paul Tol's "muted"."""


Colors = tuple[tuple[str, str], ...]
"""Labels with their colours."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """`colors` and `options["types"]` are by position (a sequence) or by label (a mapping)."""

    chart: str
    title: str = ""
    colors: Sequence[str] | Mapping[str, str] = ()
    target: Number | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def wants(self, option: str) -> bool:
        return bool(self.options.get(option))

    def colors_for(self, labels: Sequence[str]) -> Colors:
        """Each label with its colour: the one that was asked for, else the next free one of the palette."""
        named = by_label(self.colors, labels)
        taken = {color.lower() for color in named if color}
        free = [color for color in PALETTE if color not in taken] or list(PALETTE)
        palette = (free[i % len(free)] for i in range(len(labels)))
        colors = (color.lower() if color else next(palette) for color in named)
        return tuple(zip(labels, colors, strict=True))

    def types_for(self, labels: Sequence[str]) -> tuple[str, ...]:
        """One chart type per label, the widget's own where none was asked for."""
        return tuple(kind or self.chart for kind in by_label(self.options.get("types") or (), labels))


def by_label(asked: Sequence[str] | Mapping[str, str], labels: Sequence[str]) -> list[str | None]:
    """The colour or type asked for each label, by position or by name; None where none was asked for."""
    if isinstance(asked, Mapping):
        return [asked.get(label) for label in labels]
    return [*asked[: len(labels)], *[None] * (len(labels) - len(asked))]

"""The Drawing of a widget: its chart, title, colours and options, without the data."""

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
"""Colours that colour-blind people can tell apart: from the set of Okabe & Ito, Paul Tol's set "muted", and a grey."""


Colors = tuple[tuple[str, str], ...]
"""Pairs of label and colour."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """`colors` and `options["types"]` are sequences (one entry per label, by position) or mappings (by label)."""

    chart: str
    title: str = ""
    colors: Sequence[str] | Mapping[str, str] = ()
    target: Number | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def wants(self, option: str) -> bool:
        return bool(self.options.get(option))

    def colors_for(self, labels: Sequence[str]) -> Colors:
        """Each label with its colour: from the settings, or the palette's next colour that the settings do not use.

        After the last colour, the palette starts again.
        """
        named = by_label(self.colors, labels)
        taken = {color.lower() for color in named if color}
        free = [color for color in PALETTE if color not in taken] or list(PALETTE)
        palette = (free[i % len(free)] for i in range(len(labels)))
        colors = (color.lower() if color else next(palette) for color in named)
        return tuple(zip(labels, colors, strict=True))

    def types_for(self, labels: Sequence[str]) -> tuple[str, ...]:
        """One chart type per label, from the option `types` or the widget's chart."""
        return tuple(chart or self.chart for chart in by_label(self.options.get("types") or (), labels))


def paler(color: str) -> str:
    """The colour `#rrggbb`, half mixed with white."""
    return "#" + "".join(f"{(int(color[i : i + 2], 16) + 255) // 2:02x}" for i in (1, 3, 5))


def by_label(asked: Sequence[str] | Mapping[str, str], labels: Sequence[str]) -> list[str | None]:
    """The entry of `asked` for each label, by position or by name; None for a label without an entry."""
    if isinstance(asked, Mapping):
        return [asked.get(label) for label in labels]
    return [*asked[: len(labels)], *[None] * (len(labels) - len(asked))]

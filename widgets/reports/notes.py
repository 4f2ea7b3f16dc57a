"""Finds warnings in Mixpanel's answers: breakdown values are missing, or the numbers come from a sample."""

from collections.abc import Mapping
from typing import Any

from widgets.report import number

REMAINING = "$remaining_values"
CUT = (
    "Mixpanel left values out: the breakdown has more values than Mixpanel lists. The other values are missing here, "
    f"or summed up as {REMAINING}. Filter the report, or break it down by a property with fewer values."
)
SAMPLED = (
    "Mixpanel computed these numbers from a sample of about {percent:.3g} percent of the data. "
    "For exact numbers, switch sampling off in Mixpanel."
)


def note_on(answer: Any, series: Any = None) -> str:
    """The warnings in an answer, as sentences. `series`: the part of `answer` that can have the label REMAINING."""
    notes = []
    if is_cut(answer) or has_remaining(series):
        notes.append(CUT)
    factors = [
        number(place.get(name)) for place in places(answer) for name in ("min_sampling_factor", "sampling_factor")
    ]
    smallest = min((factor for factor in factors if factor is not None), default=1)
    if 0 < smallest < 1:
        notes.append(SAMPLED.format(percent=100 * smallest))
    return " ".join(notes)


def is_cut(answer: Mapping[str, Any]) -> bool:
    return any(place.get("is_segmentation_limit_hit") is True for place in places(answer))


def places(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of an answer that can contain warnings."""
    meta = answer.get("meta")
    return [answer, meta if isinstance(meta, dict) else {}]


def has_remaining(node: Any) -> bool:
    if not isinstance(node, Mapping):
        return False
    return REMAINING in node or any(map(has_remaining, node.values()))

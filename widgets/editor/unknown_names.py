"""Finds a widget's events and properties that are not in the stored lists of Mixpanel's names. Suggests similar names.

For a wrong name, Mixpanel returns zeros and no error. The lists have only the most common names of the last weeks, so
an unknown name causes only a warning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from widgets.models import OptionCache, Widget
from widgets.reports.expressions import is_expression, property_title

MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class UnknownName:
    """`field`: the widget's field with the name. `noun`: “event” or “property”. `near`: similar names from the list."""

    field: str
    name: str
    noun: str
    near: list[str]

    def __str__(self) -> str:
        said = f"Mixpanel's list has no {self.noun} “{self.name}”."
        return f"{said} Did you mean {' or '.join(f'“{name}”' for name in self.near)}?" if self.near else said


def unknown_names(widget: Widget) -> list[UnknownName]:
    """A valid widget's names that are not in the stored lists. Names without a stored list are not checked."""
    lists: dict[tuple[str, ...], list[str]] = {}
    found = []
    for field, noun, name, of in names_of(widget):
        if of not in lists:
            list_name = "events" if noun == "event" else "properties"
            entries = OptionCache.objects.entries(widget.project, list_name, of)
            lists[of] = [entry["value"] for entry in entries]
        if lists[of] and name not in lists[of]:
            found.append(UnknownName(field, name, noun, near(name, lists[of])))
    return found


def names_of(widget: Widget) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Yields (field, noun, name, of). `of` selects the name's stored list, for example the event of a property.

    Yields the names in `breakdown` and `property_name` only if the widget has exactly one event. Leaves out the field
    `filters`.
    """
    used = widget.report_type.fields
    events = [("events", event) for event in widget.events] if "events" in used else []
    events += [("born_event", widget.born_event)] if "born_event" in used else []
    for field, event in events:
        yield field, "event", event, ()
    for metric in widget.spec.metrics if "metrics" in used else ():
        yield "metrics", "event", metric.event, ()
        for name in (metric.property, *(each.property for each in metric.filters)):
            if name:
                yield "metrics", "property", name, (metric.event,)
    if "events" not in used or len(widget.events) != 1:
        return
    for field in ("breakdown", "property_name"):
        name = property_title(getattr(widget, field))
        if field in used and name and not is_expression(name):
            yield field, "property", name, (widget.events[0],)


def near(name: str, names: Sequence[str]) -> list[str]:
    """The names that resemble, begin with or contain `name`, the most likely name first.

    Returns at most MOST_NEAR names. Ignores letter case.
    """
    sought = name.casefold()
    folded = {other.casefold(): other for other in reversed(names)}
    alike = get_close_matches(sought, folded, MOST_NEAR)
    begun = [other for other in folded if other.startswith(sought)]
    holding = [other for other in folded if sought in other]
    return [folded[other] for other in dict.fromkeys([*alike, *begun, *holding])][:MOST_NEAR]

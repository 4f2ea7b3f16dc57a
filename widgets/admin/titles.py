"""Makes a title from the fields of a widget, for people who leave the title empty."""

from collections.abc import Mapping
from typing import Any

from widgets.models import OptionCache, Widget
from widgets.models.names import free_name
from widgets.models.widget import LONGEST_TITLE
from widgets.reports import REPORT_TYPES
from widgets.reports.expressions import property_title

LONGEST = 180


def free_title(chosen: Mapping[str, Any], pk: Any = None) -> str:
    """A title that no other widget of the project has; empty if the form says too little."""
    project, title = chosen.get("project"), what_it_shows(chosen)
    if project is None or not title:
        return ""
    others = Widget.objects.filter(project=project).exclude(pk=pk)
    return free_name(title, set(others.values_list("title", flat=True)), LONGEST_TITLE)


def what_it_shows(chosen: Mapping[str, Any]) -> str:
    kind = REPORT_TYPES.get(chosen.get("report") or "")
    if kind is None:
        return ""
    events = ", ".join(chosen.get("events") or ())
    match kind.name:
        case "events":
            title = events
        case "segmentation":
            title = " by ".join(filter(None, (events, property_title(chosen.get("breakdown") or ""))))
        case "sum" | "average":
            name = property_title(chosen.get("property_name") or "")
            title = f"{kind.name.capitalize()} of {name}, {events}" if name and events else ""
        case "saved_report" | "funnel":
            title = saved_name(chosen, kind.name)
        case "retention":
            title = " → ".join(filter(None, (chosen.get("born_event"), events)))
        case "frequency":
            title = f"{kind.title}: {events}" if events else kind.title
        case _:
            title = kind.title
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"


def saved_name(chosen: Mapping[str, Any], name: str) -> str:
    """The report's name at Mixpanel if a stored list has it, else its number."""
    number = chosen.get(name)
    if not number or chosen.get("project") is None:
        return ""
    return OptionCache.objects.label(chosen["project"], f"{name}s", number) or f"{REPORT_TYPES[name].title} {number}"

"""Makes titles for copies, and for widgets whose title the person leaves empty."""

import re
from collections.abc import Mapping
from typing import Any

from widgets.models import OptionCache, Project, Widget
from widgets.models.names import free_name
from widgets.reports import REPORT_TYPES
from widgets.reports.expressions import is_expression, property_title

LONGEST = 180

WORDS = {
    "mp_country_code": "country",
    "$country_code": "country",
    "$os": "operating system",
    "$os_version": "system version",
    "$current_url": "page address",
    "$app_version_string": "app version",
    "$app_build_number": "app build",
    "mp_lib": "library",
    "$lib_version": "library version",
    "utm_source": "UTM source",
    "utm_medium": "UTM medium",
    "utm_campaign": "UTM campaign",
    "utm_content": "UTM content",
    "utm_term": "UTM term",
}
"""Mixpanel's own properties → readable names.

In other names, `in_words` removes `$` or `mp_` at the start, and turns underscores into spaces.

https://docs.mixpanel.com/docs/data-structure/property-reference/default-properties
"""


def free_title(chosen: Mapping[str, Any], pk: Any = None) -> str:
    """A title that no other widget of the project has, or "" if the form has too few values for a title.

    `pk`: the id of this widget, or None for a new widget.
    """
    project, title = chosen.get("project"), what_it_shows(chosen)
    if project is None or not title:
        return ""
    return free_name(title, Widget.objects.filter(project=project).exclude(pk=pk))


def title_of_copy(title: str, project: Project) -> str:
    """`title` with “(copy)”, “(copy 2)” and so on, so that no other widget of the project has the title."""
    return free_name(title, project.widgets.all(), ending=lambda n: f" (copy {n})" if n > 1 else " (copy)")


def what_it_shows(chosen: Mapping[str, Any]) -> str:
    report_type = REPORT_TYPES.get(chosen.get("report") or "")
    if report_type is None:
        return ""
    events = ", ".join(chosen.get("events") or ())
    match report_type.name:
        case "events":
            title = events
        case "segmentation":
            title = " by ".join(filter(None, (events, in_words(chosen.get("breakdown") or ""))))
        case "sum" | "average":
            name = in_words(chosen.get("property_name") or "")
            title = f"{report_type.name.capitalize()} of {name}, {events}" if name and events else ""
        case "insights":
            title = ", ".join(
                [each.get("label") or each.get("formula", "") for each in chosen.get("formulas") or ()]
                or [each.get("label") or each.get("event", "") for each in chosen.get("metrics") or ()]
            )
        case "funnel" if events:
            title = events.replace(", ", " → ")
        case "saved_report" | "funnel":
            title = saved_name(chosen, report_type.name)
        case "retention":
            steps = " → ".join(filter(None, (chosen.get("born_event"), events)))
            title = f"{report_type.title}: {steps}" if steps else ""
        case "frequency":
            title = f"{report_type.title}: {events}" if events else report_type.title
        case _:
            title = report_type.title
    return title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"


def in_words(name: str) -> str:
    """A property's name in plain words: “country” for `mp_country_code`, “plan” for `properties["plan"]`.

    Other expressions stay unchanged.
    """
    name = property_title(name).strip()
    if is_expression(name):
        return name
    return WORDS.get(name) or re.sub(r"^(\$|mp_)", "", name).replace("_", " ")


def saved_name(chosen: Mapping[str, Any], name: str) -> str:
    """The name of a saved report or funnel, or for example “Funnel 7509” if no stored list has the name.

    Empty if the form has no number or no project. `name`: the form's field, `saved_report` or `funnel`.
    """
    number = chosen.get(name)
    if not number or chosen.get("project") is None:
        return ""
    return OptionCache.objects.label(chosen["project"], f"{name}s", number) or f"{REPORT_TYPES[name].title} {number}"

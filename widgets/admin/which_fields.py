"""Which fields of the form a widget uses, derived from the report types and charts.

The form's script hides the other fields, and the form drops their values.
"""

from collections.abc import Mapping
from typing import Any

from widgets.reports import REPORT_TYPES
from widgets.reports.numeric import Numeric
from widgets.reports.retention import Cohorts
from widgets.reports.rules import OVERLAID, SEVERAL_EVENTS
from widgets.spec import CHARTS, OPTIONS, TIME_SERIES_CHARTS

ONE_LABEL_OR_COLUMNS = (Numeric, Cohorts)
"""Report types whose series are not values of a property, so nobody can rank them or leave them out."""

RANKED = ("clean_labels", "exclude", "only", "sort", "top", "other")

ABOUT_EVENTS = {
    "events": "Pick one or several names from Mixpanel's list, or type them as Mixpanel shows them.",
    "funnel": "The steps of the funnel, in their order. Leave empty if you choose a saved funnel above.",
    "retention": "People come back when they do this event. Leave empty to count every event.",
    "frequency": "Pick a name from Mixpanel's list. Leave empty to count every event.",
}
"""Report type → help for the field Events, if the usual help says too little for this report."""

STEPS = ("events", "conversion_days")
"""Fields that a saved funnel does not use, because it has its own steps."""

Condition = dict[str, list[str]]
"""Another field of the form → its values. One of them must be chosen."""


def conditions() -> dict[str, Condition]:
    """Field → the conditions under which a widget uses it. Fields that are not listed are always used."""
    asked = {name for kind in REPORT_TYPES.values() for name in kind.fields}
    found: dict[str, Condition] = {
        name: {"report": [kind.name for kind in REPORT_TYPES.values() if name in kind.fields]} for name in sorted(asked)
    }
    for name, ranges in {"last": "last", "include_today": "last", "from_date": "fixed", "to_date": "fixed"}.items():
        found[name]["range"] = [ranges]
    found["window"]["analysis"] = ["rolling"]
    found["overlay_previous"]["chart"] = list(OVERLAID)
    ranked = [kind.name for kind in REPORT_TYPES.values() if not isinstance(kind, ONE_LABEL_OR_COLUMNS)]
    found |= {name: {"report": ranked} for name in RANKED}
    # All options concern axes, except the three below.
    found |= {name: {"chart": list(TIME_SERIES_CHARTS)} for name in OPTIONS}
    found["comparison"] = {
        "report": [kind.name for kind in REPORT_TYPES.values() if kind.compares],
        "chart": ["number", *TIME_SERIES_CHARTS],
    }
    found["target"] = {"chart": ["gauge"]}
    found["country_names"] = {"chart": ["map"]}
    found["percent"] = {
        "report": ["saved_report", *(kind.name for kind in REPORT_TYPES.values() if isinstance(kind, Cohorts))],
        "chart": ["cohort", "table"],
    }
    return found


CONDITIONS = conditions()


def is_used(field: str, chosen: Mapping[str, Any]) -> bool:
    """True if the chosen report, chart and range use the field. An empty choice excludes nothing."""
    if field in STEPS and chosen.get("report") == "funnel" and chosen.get("funnel"):
        return False
    return all(
        chosen.get(control) in values or not chosen.get(control)
        for control, values in CONDITIONS.get(field, {}).items()
    )


def described() -> dict[str, Any]:
    """The rules of the form as JSON for its script."""
    return {
        "conditions": CONDITIONS,
        "steps": STEPS,
        "usual_chart": {kind.name: kind.usual_chart for kind in REPORT_TYPES.values()},
        "no_chart": {
            kind.name: {chart: why for chart in CHARTS if (why := kind.why_not(chart))}
            for kind in REPORT_TYPES.values()
        },
        "about": {kind.name: kind.about for kind in REPORT_TYPES.values()},
        "about_events": ABOUT_EVENTS,
        "one_event": [
            kind.name for kind in REPORT_TYPES.values() if "events" in kind.fields and kind.name not in SEVERAL_EVENTS
        ],
    }

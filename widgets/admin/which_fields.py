"""Finds the fields of the form that a widget uses. These fields depend on the report type and the chart.

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
"""Report types without a breakdown by a property. Their labels can't be ranked or left out."""

RANKED = ("clean_labels", "exclude", "only", "sort", "top", "other")

ABOUT_EVENTS = {
    "events": "Pick one or several names from Mixpanel's list, or type them as Mixpanel shows them.",
    "funnel": "The steps of the funnel, in their order. Leave empty if you choose a saved funnel above.",
    "retention": "People come back when they do this event. Leave empty to count every event.",
    "frequency": "Pick a name from Mixpanel's list. Leave empty to count every event.",
}
"""Report type → help text of the field Events. Other report types use the field's default help text."""

STEPS = ("events", "conversion_days")
"""Fields that are not used with a saved funnel, because the saved funnel has its own steps and conversion window."""

Condition = dict[str, list[str]]
"""Another field of the form → the values of that field with which the condition is true."""


def conditions() -> dict[str, Condition]:
    """Returns field → the condition under which a widget uses the field. Fields without a condition are always used."""
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
    # By default, an option is for charts with axes. The lines below set the conditions of the other options.
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
    """True if the chosen report, chart and range use the field. An empty report, chart or range is ignored."""
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

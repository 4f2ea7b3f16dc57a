"""Decides which form fields a widget uses. The form's script hides the others, and the form ignores their errors."""

from collections.abc import Callable, Mapping
from typing import Any

from widgets.reports import REPORT_TYPES, ReportType
from widgets.reports.numeric import Numeric
from widgets.reports.retention import Cohorts
from widgets.reports.rules import OVERLAID, SEVERAL_EVENTS
from widgets.spec import CHARTS, OPTIONS, TIME_SERIES_CHARTS

ONE_LABEL_OR_COLUMNS = (Numeric, Cohorts)
"""Report types without labels to sort or leave out: a Numeric report has one label, Cohorts have fixed columns."""

RANKED = ("clean_labels", "exclude", "only", "sort", "top", "other")

ABOUT_EVENTS = {
    "events": "Pick one or several names from Mixpanel's list, or type names as Mixpanel shows them.",
    "funnel": "The steps of the funnel, in their order. Leave this field empty if you choose a saved funnel above.",
    "retention": "The event that people do when they come back. Leave this field empty to count every event.",
    "frequency": "Pick a name from Mixpanel's list. Leave this field empty to count every event.",
}
"""Report type → help text for the field Events, in place of the usual help text."""

STEPS = ("events", "conversion_days")
"""Fields that a saved funnel does not use, because it has its own steps."""

Condition = dict[str, list[str]]
"""Field of the form → values. The condition is true if each of these fields has one of its values."""


def reports(fits: Callable[[ReportType], bool]) -> list[str]:
    return [name for name, report_type in REPORT_TYPES.items() if fits(report_type)]


def conditions() -> dict[str, Condition]:
    """Field → the condition under which a widget uses the field. Fields without a condition are always used."""
    asked = {name for report_type in REPORT_TYPES.values() for name in report_type.fields}
    found: dict[str, Condition] = {
        field: {"report": [name for name, report_type in REPORT_TYPES.items() if field in report_type.fields]}
        for field in sorted(asked)
    }
    for name, ranges in {"last": "last", "include_today": "last", "from_date": "fixed", "to_date": "fixed"}.items():
        found[name]["range"] = [ranges]
    found["window"]["analysis"] = ["rolling"]
    found["overlay_previous"]["chart"] = list(OVERLAID)
    ranked = reports(lambda each: not isinstance(each, ONE_LABEL_OR_COLUMNS))
    found |= {name: {"report": ranked} for name in RANKED}
    # Most options are for charts with axes. Three options get other conditions below.
    found |= {name: {"chart": list(TIME_SERIES_CHARTS)} for name in OPTIONS}
    found["comparison"] = {"report": reports(lambda each: each.compares), "chart": ["number", *TIME_SERIES_CHARTS]}
    found["target"] = {"chart": ["gauge"]}
    found["country_names"] = {"chart": ["map"]}
    found["percent"] = {
        "report": ["saved_report", *reports(lambda each: isinstance(each, Cohorts))],
        "chart": ["cohort", "table"],
    }
    return found


CONDITIONS = conditions()


def is_used(field: str, chosen: Mapping[str, Any]) -> bool:
    """True if a widget with the chosen report, chart, range and analysis uses the field.

    An empty choice fits every condition.
    """
    if field in STEPS and chosen.get("report") == "funnel" and chosen.get("funnel"):
        return False
    return all(
        chosen.get(control) in values or not chosen.get(control)
        for control, values in CONDITIONS.get(field, {}).items()
    )


def described() -> dict[str, Any]:
    """The rules of the form as data for the form's script."""
    return {
        "conditions": CONDITIONS,
        "steps": STEPS,
        "usual_chart": {report_type.name: report_type.usual_chart for report_type in REPORT_TYPES.values()},
        "no_chart": {
            report_type.name: {chart: why for chart in CHARTS if (why := report_type.why_not(chart))}
            for report_type in REPORT_TYPES.values()
        },
        "about": {report_type.name: report_type.about for report_type in REPORT_TYPES.values()},
        "about_events": ABOUT_EVENTS,
        "one_event": reports(lambda each: "events" in each.fields and each.name not in SEVERAL_EVENTS),
    }

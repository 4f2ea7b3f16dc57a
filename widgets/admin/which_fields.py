"""Which fields of the form a widget uses, out of what reports and charts say of themselves.

The form's script hides the others, and what is left over in them is dropped.
"""

from collections.abc import Mapping
from typing import Any

from widgets.reports import REPORT_TYPES
from widgets.reports.numeric import Numeric
from widgets.reports.retention import Cohorts
from widgets.spec import OPTIONS, TIME_SERIES_CHARTS

ONE_LABEL_OR_COLUMNS = (Numeric, Cohorts)
"""Kinds whose series are not the values of anything, so that there is nothing to rank or to leave out."""

RANKED = ("clean_labels", "exclude", "sort", "top", "other")

Condition = dict[str, list[str]]
"""A field of the form → the values of it, of which one must be chosen."""


def conditions() -> dict[str, Condition]:
    """Field → when it is used; a field that is not named always is."""
    asked = {name for kind in REPORT_TYPES.values() for name in kind.fields}
    found: dict[str, Condition] = {
        name: {"report": [kind.name for kind in REPORT_TYPES.values() if name in kind.fields]} for name in sorted(asked)
    }
    for name, ranges in {"last": "last", "include_today": "last", "from_date": "fixed", "to_date": "fixed"}.items():
        found[name]["range"] = [ranges]
    ranked = [kind.name for kind in REPORT_TYPES.values() if not isinstance(kind, ONE_LABEL_OR_COLUMNS)]
    found |= {name: {"report": ranked} for name in RANKED}
    # Options are about axes, but for the three below.
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
    """Whether a field says anything, given the report, the chart and the range. Unknown choices exclude nothing."""
    return all(
        chosen.get(control) in values or not chosen.get(control)
        for control, values in CONDITIONS.get(field, {}).items()
    )


def described() -> dict[str, Any]:
    """All of it as JSON for the form's script."""
    return {
        "conditions": CONDITIONS,
        "charts": {kind.name: kind.charts for kind in REPORT_TYPES.values()},
        "about": {kind.name: kind.about for kind in REPORT_TYPES.values()},
        "one_event": [kind.name for kind in REPORT_TYPES.values() if "events" in kind.fields and kind.name != "events"],
    }

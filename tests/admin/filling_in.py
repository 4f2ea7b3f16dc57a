"""Values to post to the widget's form."""

from typing import Any

from widgets.models import Project


def answers_of(project: Project, /, **fields: Any) -> dict[str, Any]:
    """Returns the default values of the form for a new widget, and `fields`. Leaves out most empty fields."""
    return {
        "project": str(project.pk),
        "report": "events",
        "measure": "total",
        "unit": "day",
        "range": "last",
        "last": "30",
        "limit": "60",
        "intervals": "8",
        "chart": "line",
        "clean_labels": "on",
        "shared_axis": "on",
        "active": "on",
        "filters-property": "",
        "filters-op": "is",
        "filters-value": "",
    } | fields

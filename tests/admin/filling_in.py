"""What a browser sends of the widget's form."""

from typing import Any

from widgets.models import Project


def answers_of(project: Project, /, **fields: Any) -> dict[str, Any]:
    """What a browser sends of the form as it stands at first, and what somebody filled in."""
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

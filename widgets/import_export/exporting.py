"""Exports projects and widgets as JSON for the command `export_widgets`: without secrets, in a stable order."""

from datetime import date
from typing import Any

from django.db.models import Model, QuerySet

from widgets.import_export.keys import PROJECT_KEYS, WIDGET_KEYS, Field
from widgets.models import Project, Widget

NEVER_EXPORTED = ("secret",)
ALWAYS_EXPORTED = ("name", "project", "title", "slug", "report", "chart", "project_id", "region", "timezone", "auth")


def export_all(projects: QuerySet[Project], widgets: QuerySet[Widget]) -> dict[str, Any]:
    """Returns a JSON object for `import_widgets`. Leaves out empty and default values, except for ALWAYS_EXPORTED."""
    return {
        "projects": [row(project, PROJECT_KEYS) for project in projects.order_by("name")],
        "widgets": [
            row(widget, WIDGET_KEYS) for widget in widgets.select_related("project").order_by("project__name", "title")
        ],
    }


def row(source: Model, keys: dict[str, Field]) -> dict[str, Any]:
    exported = {}
    for name, field in keys.items():
        if name in NEVER_EXPORTED:
            continue
        value = getattr(source, field.name)
        if name in ALWAYS_EXPORTED or (value != field.get_default() and value != ""):
            exported[name] = plain(value)
    return exported


def plain(value: Any) -> Any:
    if isinstance(value, Project):
        return value.name
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value

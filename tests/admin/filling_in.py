"""Who fills in the widget's form, and what a browser sends of it."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser, Permission

from widgets.models import Project


def somebody(project: Project, *may: str) -> AbstractUser:
    """A member of this one project who may do this with widgets: add, change, view."""
    user = get_user_model().objects.create_user(f"who may {' and '.join(may)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=[f"{verb}_widget" for verb in may]))
    project.members.add(user)
    return user


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

"""Access control: every list, choice, page and export filters its rows with `visible_to`."""

from typing import Any, Self, TypeVar

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q

Row = TypeVar("Row", bound=models.Model)


class VisibleQuerySet(models.QuerySet[Row]):
    """Rows that belong to a project. Users see the rows of projects of which they are members, superusers see all."""

    to_project = "project"

    def visible_to(self, user: Any) -> Self:
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        # A subquery, because a join with the members would duplicate rows.
        mine = user.mixpanel_projects.values("pk")
        return self.filter(**{f"{self.to_project}__in": mine})


def people_visible_to(user: Any) -> Any:
    """The users who share a project with this user. Superusers see all users."""
    people = get_user_model().objects.all()
    if not user.is_active:
        return people.none()
    if user.is_superuser:
        return people
    members = user.mixpanel_projects.model.members.through.objects
    colleagues = members.filter(project__in=user.mixpanel_projects.values("pk")).values("user")
    return people.filter(Q(pk__in=colleagues) | Q(pk=user.pk))


def leave_people_behind(widget: Any, came_from: int) -> None:
    """Removes the names that people of the widget's new project may not know: its owner's, and those of its history.

    The audit log keeps the history for superusers, under an id that is no widget's.
    """
    owner = widget.owner
    if owner and not (owner.is_superuser or widget.project.members.filter(pk=owner.pk).exists()):
        widget.owner = None
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(widget), object_id=str(widget.pk))
    entries.update(object_id=f"{widget.pk} in project {came_from}")

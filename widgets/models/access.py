"""Who sees what, in one place: every list, choice, page and export of people goes through `visible_to`."""

from typing import Any, Self, TypeVar

from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q

Row = TypeVar("Row", bound=models.Model)


class VisibleQuerySet(models.QuerySet[Row]):
    """Rows of projects (or below a project) that a user is a member of; superusers see all."""

    to_project = "project"

    def visible_to(self, user: Any) -> Self:
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        # A subquery, not a join: a join to the members would double rows.
        mine = user.mixpanel_projects.values("pk")
        return self.filter(**{f"{self.to_project}__in": mine})


def people_visible_to(user: Any) -> Any:
    """The users that a user may know of: those with whom they share a project. Superusers see all."""
    people = get_user_model().objects.all()
    if not user.is_active:
        return people.none()
    if user.is_superuser:
        return people
    members = user.mixpanel_projects.model.members.through.objects
    colleagues = members.filter(project__in=user.mixpanel_projects.values("pk")).values("user")
    return people.filter(Q(pk__in=colleagues) | Q(pk=user.pk))

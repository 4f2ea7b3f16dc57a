"""Who sees what, in one place: every list, choice, page and export of people goes through `visible_to`."""

from typing import Any, Self

from django.db import models


class VisibleQuerySet(models.QuerySet):
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


class VisibleProjects(VisibleQuerySet):
    to_project = "pk"

    def annotate_widgets(self) -> Self:
        return self.annotate(widget_total=models.Count("widgets"))

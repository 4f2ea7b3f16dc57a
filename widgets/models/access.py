"""Access control. Only roles in projects give rights; Django's groups, permissions and `is_staff` give none.

Superusers have all rights. Lists, choices, pages and exports filter their rows with `visible_to`, `editable_by` or
`led_by`.
"""

from typing import Any, Self, TypeVar

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models

from widgets.models.membership import Membership, Role

Row = TypeVar("Row", bound=models.Model)


class VisibleQuerySet(models.QuerySet[Row]):
    """Filters rows by a user's role in each row's project. Superusers get all rows, closed accounts get none."""

    project_lookup = "project"
    """The field with the row's project."""

    def visible_to(self, user: Any) -> Self:
        return self.for_role(user, Role.VIEWER)

    def editable_by(self, user: Any) -> Self:
        return self.for_role(user, Role.EDITOR)

    def led_by(self, user: Any) -> Self:
        return self.for_role(user, Role.LEAD)

    def for_role(self, user: Any, least: Role) -> Self:
        """The rows of projects in which the user has at least this role."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        # A join with the members, instead of this subquery, would duplicate rows.
        mine = Membership.objects.filter(user=user.pk, role__in=least.and_higher).values("project")
        return self.filter(**{f"{self.project_lookup}__in": mine})


def has_role(user: Any, least: Role, project: int | None) -> bool:
    """True if the user has at least this role in the project with this id."""
    if not user.is_active or user.is_superuser:
        return bool(user.is_active)
    return project is not None and roles_of(user).get(project) in least.and_higher


def has_role_somewhere(user: Any, least: Role) -> bool:
    """True if the user is active, and is a superuser or has at least this role in at least one project."""
    if not user.is_active or user.is_superuser:
        return bool(user.is_active)
    return any(role in least.and_higher for role in roles_of(user).values())


def roles_of(user: Any) -> dict[int, Role]:
    """Returns project id → the user's role. The roles are read once per user object, so once per request."""
    if not hasattr(user, "_roles_in_projects"):
        rows = Membership.objects.filter(user=user.pk).values_list("project", "role")
        user._roles_in_projects = {project: Role(role) for project, role in rows}
    found: dict[int, Role] = user._roles_in_projects
    return found


def may_own_in(user: Any, project: int) -> bool:
    """True if this user can own a widget of this project. Others can't, because the members see the owner's name."""
    if user is None or not user.is_active:
        return False
    return bool(user.is_superuser or Membership.objects.filter(user=user.pk, project=project).exists())


def hide_people(widget: Any, came_from: int) -> None:
    """Hides people's names when a widget moves to another project. `came_from`: the id of the old project.

    Removes an owner who can't own a widget of the new project, and the widget's history of edits. Superusers still find
    the history in Django's log (LogEntry): its `object_id` is then “<widget id> in project <came_from>”.
    """
    if not may_own_in(widget.owner, widget.project_id):
        widget.owner = None
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(widget), object_id=str(widget.pk))
    entries.update(object_id=f"{widget.pk} in project {came_from}")

"""Permissions in the admin. The person's role in a row's project decides; Django's permissions have no effect."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from widgets.models import Role
from widgets.models.access import has_role, has_role_somewhere


def is_superuser(request: HttpRequest) -> bool:
    return request.user.is_active and request.user.is_superuser


class ByRole(admin.ModelAdmin):
    """A base class for the admin pages of rows that belong to a project.

    `to_view`, `to_change`, `to_add` and `to_delete` are the lowest roles that allow the action; None allows only
    superusers. For a list, Django asks for permission without naming a row: then the role in any project is enough, and
    `get_queryset` leaves out the rows of other projects.
    """

    to_view = Role.VIEWER
    to_change: Role | None = Role.EDITOR
    to_add: Role | None = Role.EDITOR
    to_delete: Role | None = Role.EDITOR
    project_field = "project_id"

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.for_role(request.user, self.to_view)

    def has_least(self, request: HttpRequest, least: Role | None, obj: Any) -> bool:
        if least is None:
            return is_superuser(request)
        if obj is None:
            return has_role_somewhere(request.user, least)
        return has_role(request.user, least, getattr(obj, self.project_field))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_least(request, self.to_view, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_least(request, self.to_add, None)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_least(request, self.to_change, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_least(request, self.to_delete, obj)


class SuperusersOnly(admin.ModelAdmin):
    """A base class for the admin pages of rows that belong to no project."""

    def get_queryset(self, request: HttpRequest) -> Any:
        """Only superusers get rows. Other people get the same response for an existing row as for a missing row.

        Django finds the row first and checks permissions second, so a refusal would show that the row exists.
        """
        return super().get_queryset(request) if is_superuser(request) else super().get_queryset(request).none()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission

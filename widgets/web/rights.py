"""Checks what a person is allowed to do. So pages show only links and buttons that work, and views refuse the rest."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from widgets.models import Role, Widget
from widgets.models.access import has_role


def admin_of(model: type[Model]) -> Any:
    return admin.site.get_model_admin(model)


def may_view(request: HttpRequest, model: type[Model]) -> bool:
    """True if this person is allowed to open the model's list in the admin."""
    if not admin.site.has_permission(request) or not admin.site.is_registered(model):
        return False
    return bool(admin_of(model).has_module_permission(request) and admin_of(model).has_view_permission(request))


def may_add_widgets(request: HttpRequest) -> bool:
    return bool(admin.site.has_permission(request) and admin_of(Widget).has_add_permission(request))


def may_share(request: HttpRequest, project: int | None) -> bool:
    """`project`: None for the board of all projects that the person is allowed to edit."""
    return may_add_widgets(request) if project is None else has_role(request.user, Role.EDITOR, project)


def may_change(request: HttpRequest, row: Model) -> bool:
    """The caller must have checked that the person can see the row."""
    return bool(admin.site.has_permission(request) and admin_of(type(row)).has_change_permission(request, row))

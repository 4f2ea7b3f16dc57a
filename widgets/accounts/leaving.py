"""Removes a person in one step: from projects and as owner of widgets, and closes the account."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from widgets.models import Project, Widget


@dataclass(frozen=True, slots=True)
class Leaving:
    """The projects and widgets that a person leaves, limited to those that the reader may see."""

    user: Any
    projects: Sequence[Project]
    widgets: Sequence[Widget]


def may_let_go(by: Any, user: Any) -> bool:
    """True for superusers, and for people who may change users unless `user` is a superuser. Never for oneself."""
    if by.pk == user.pk or not by.is_active:
        return False
    return by.is_superuser or (by.has_perm("auth.change_user") and not user.is_superuser)


def leaving(by: Any, user: Any) -> Leaving:
    projects = Project.objects.visible_to(by).filter(members=user)
    widgets = Widget.objects.visible_to(by).filter(owner=user).select_related("project")
    return Leaving(user, list(projects), list(widgets))


def let_go(by: Any, user: Any) -> Leaving:
    """Removes the person. The account stays open if it still has projects, which `by` then does not see.

    A closed account loses its password, role and permissions, so that reopening it gives nothing back. The user name
    stays for the audit log.
    """
    with transaction.atomic():
        left = leaving(by, user)
        user.mixpanel_projects.remove(*left.projects)
        Widget.objects.filter(pk__in=[widget.pk for widget in left.widgets]).update(owner=None)
        if not user.mixpanel_projects.exists():
            user.is_active = user.is_staff = user.is_superuser = False
            user.set_unusable_password()
            user.save()
            user.groups.clear()
            user.user_permissions.clear()
    return left

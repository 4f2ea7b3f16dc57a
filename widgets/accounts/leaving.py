"""Leaving in one step: out of the projects, out of the widgets' ownership, and the account is closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from widgets.models import Project, Widget


@dataclass(frozen=True, slots=True)
class Leaving:
    """What somebody leaves behind, as far as whoever looks may see it."""

    user: Any
    projects: Sequence[Project]
    widgets: Sequence[Widget]


def may_let_go(by: Any, user: Any) -> bool:
    """Superusers anybody but themselves; others with the permission to change users, their colleagues."""
    if by.pk == user.pk or not by.is_active:
        return False
    return by.is_superuser or (by.has_perm("auth.change_user") and not user.is_superuser)


def leaving(by: Any, user: Any) -> Leaving:
    projects = Project.objects.visible_to(by).filter(members=user)
    widgets = Widget.objects.visible_to(by).filter(owner=user).select_related("project")
    return Leaving(user, list(projects), list(widgets))


def let_go(by: Any, user: Any) -> Leaving:
    """Does it. The account is closed unless it is left with projects that `by` does not see.

    A closed account has no password, no role and no permission, so that opening it again gives nothing back.
    Its name stays, because the audit log names it.
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

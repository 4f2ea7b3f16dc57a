"""Changes the role of a project's member, removes a member, and closes accounts.

Users are never deleted, because Django would delete their entries in the admin's own log (LogEntry) with them.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet

from widgets.accounts.invitations import is_pending
from widgets.models import Membership, Project, Role, Widget

LAST_LEAD = "A project needs a lead who can log in. Make somebody else a lead first."
LAST_SUPERUSER = "MixCyfe needs a superuser who can log in. Make somebody else a superuser first."


class LastLead(Exception):
    """The project would be left without a lead. Only superusers may do that."""


class LastSuperuser(Exception):
    """The site would be left without a superuser who can log in."""


def set_role(by: Any, membership: Membership, role: Role) -> None:
    """Raises LastLead if the project would have no lead left."""
    with transaction.atomic():
        if role != Role.LEAD:
            keep_a_lead(by, membership)
        Membership.objects.filter(pk=membership.pk).update(role=role)


def remove(by: Any, membership: Membership) -> int:
    """Removes a person from a project. Returns the number of widgets that lose their owner.

    The account stays open, also without a project. Raises LastLead if the project would have no lead left.
    """
    with transaction.atomic():
        keep_a_lead(by, membership)
        membership.delete()
        return owned_in(membership).update(owner=None)


def keep_a_lead(by: Any, membership: Membership) -> None:
    """Raises LastLead if nobody else leads the project. The project's lock keeps two leads from removing each other."""
    project = Project.objects.select_for_update().get(pk=membership.project_id)
    leads = project.memberships.filter(role=Role.LEAD)
    if by.is_superuser or not leads.filter(pk=membership.pk).exists():
        return
    others = leads.exclude(pk=membership.pk).filter(user__is_active=True).select_related("user")
    if all(is_pending(each.user) for each in others):
        raise LastLead


def keep_a_superuser(user: Any) -> None:
    """Raises LastSuperuser if `user` is a superuser, and no other one can log in.

    Call it in the transaction that demotes `user`: its locks keep two superusers from demoting each other.
    """
    if not user.is_superuser:
        return
    superusers = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk").select_for_update()
    if all(each.pk == user.pk or is_pending(each) for each in superusers):
        raise LastSuperuser


def owned_in(membership: Membership) -> QuerySet[Widget]:
    return Widget.objects.filter(project=membership.project_id, owner=membership.user_id)


def close_account(user: Any) -> int:
    """Removes a person from all projects and closes the account; returns the number of widgets without an owner now.

    A closed account loses its password and its rights, so that reopening it gives nothing back. The user name stays
    for the audit log. Raises LastSuperuser if no other superuser could log in.
    """
    with transaction.atomic():
        keep_a_superuser(user)
        user.memberships.all().delete()
        user.is_active = user.is_superuser = False
        user.set_unusable_password()
        user.save()
        return Widget.objects.filter(owner=user).update(owner=None)

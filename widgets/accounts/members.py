"""Changes members' roles, removes members and closes accounts.

Users are never deleted, because Django would also delete their entries in the admin's log (LogEntry).
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
    """The change would leave the project without a lead who can log in. Only superusers can make this change."""


class LastSuperuser(Exception):
    """The change would leave the site without a superuser who can log in."""


def set_role(by: Any, membership: Membership, role: Role) -> None:
    """Raises LastLead as `keep_a_lead` does."""
    with transaction.atomic():
        if role != Role.LEAD:
            keep_a_lead(by, membership)
        Membership.objects.filter(pk=membership.pk).update(role=role)


def remove(by: Any, membership: Membership) -> int:
    """Returns the number of widgets that lose their owner. Raises LastLead as `keep_a_lead` does.

    The account stays open, even if the person is in no other project.
    """
    with transaction.atomic():
        keep_a_lead(by, membership)
        membership.delete()
        return owned_in(membership).update(owner=None)


def keep_a_lead(by: Any, membership: Membership) -> None:
    """Raises LastLead if this member is a lead and no other lead can log in, unless `by` is a superuser.

    Locks the project's row, so that two leads can't remove each other at the same time.
    """
    project = Project.objects.select_for_update().get(pk=membership.project_id)
    leads = project.memberships.filter(role=Role.LEAD)
    if by.is_superuser or not leads.filter(pk=membership.pk).exists():
        return
    others = leads.exclude(pk=membership.pk).filter(user__is_active=True).select_related("user")
    if all(is_pending(each.user) for each in others):
        raise LastLead


def keep_a_superuser(user: Any) -> None:
    """Raises LastSuperuser if `user` is a superuser and no other superuser can log in.

    The caller must demote `user` in the same transaction. The locks keep two superusers from demoting each other.
    """
    if not user.is_superuser:
        return
    superusers = get_user_model().objects.filter(is_superuser=True, is_active=True).order_by("pk").select_for_update()
    if all(each.pk == user.pk or is_pending(each) for each in superusers):
        raise LastSuperuser


def owned_in(membership: Membership) -> QuerySet[Widget]:
    return Widget.objects.filter(project=membership.project_id, owner=membership.user_id)


def close_account(user: Any) -> int:
    """Closes the account and removes the person from all projects. Returns the number of widgets that lose their owner.

    The account loses its password and superuser rights, so it has no rights if somebody opens it again. The user name
    stays, because Django's log (LogEntry) shows it. Raises LastSuperuser as `keep_a_superuser` does.
    """
    with transaction.atomic():
        keep_a_superuser(user)
        user.memberships.all().delete()
        user.is_active = user.is_superuser = False
        user.set_unusable_password()
        user.save()
        return Widget.objects.filter(owner=user).update(owner=None)

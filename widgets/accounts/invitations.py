"""Invites a person: an account without a password, a role, projects, and a one-time link to set the password.

The link holds Django's token for password resets. MixCyfe does not store it. The link ends after
PASSWORD_RESET_TIMEOUT, or when the person sets a password
(https://docs.djangoproject.com/en/5.2/topics/auth/default/#django.contrib.auth.views.PasswordResetConfirmView).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from widgets.accounts.groups import EDITORS, VIEWERS
from widgets.models import Project

logger = logging.getLogger(__name__)

ROLES = {VIEWERS: "Viewer: sees the board and the widgets", EDITORS: "Editor: makes and changes widgets"}


class InvitationTokens(PasswordResetTokenGenerator):
    key_salt = "widgets.accounts.invitations"


tokens = InvitationTokens()


class OpenedTokens(InvitationTokens):
    """The form in which a session keeps a link's token: its time and an HMAC. It can't be used as a link."""

    def keep(self, token: str) -> str:
        time, _, _ = token.partition("-")
        return f"{time}-{salted_hmac('widgets.people.opened', token, algorithm='sha256').hexdigest()}"

    def _make_token_with_timestamp(self, user: Any, timestamp: int, secret: str | bytes) -> str:
        return self.keep(super()._make_token_with_timestamp(user, timestamp, secret))


opened_tokens = OpenedTokens()


@dataclass(frozen=True, slots=True)
class Invitation:
    """The result of an invitation. `link` is empty if it was `mailed`, or if the person already has a password."""

    user: Any
    link: str = ""
    mailed: bool = False
    problem: str = ""


def roles_for(by: Any) -> dict[str, str]:
    """The roles that `by` may give to others: at most their own."""
    may_edit = by.is_superuser or by.has_perms(["widgets.add_widget", "widgets.change_widget"])
    return ROLES if may_edit else {VIEWERS: ROLES[VIEWERS]}


def invite(by: Any, name: str, email: str, projects: Sequence[Project], role: str) -> Invitation:
    """`projects` are visible to `by`, and `role` is one of roles_for(by).

    A person with an account joins the projects and keeps role and password. A role applies to all projects, so only
    superusers change it.
    """
    with transaction.atomic():
        user = find(email)
        new = user is None or is_blank(user, by)
        if user is None:
            user = get_user_model()(username=email, email=email)
            user.set_unusable_password()
        if new:
            user.first_name, _, user.last_name = (part[:150] for part in name.partition(" "))
            user.is_staff = user.is_active = True
            user.save()
            user.groups.set([Group.objects.get(name=role)])
        elif not user.is_active:
            return Invitation(user, problem="This account was closed. A superuser can open it again.")
        user.mixpanel_projects.add(*projects)
    if not new:
        return mail_about_projects(user, by) if settings.EMAIL_IS_SET_UP else Invitation(user)
    return send_link(user)


def find(email: str) -> Any:
    """The user with this user name, else the user with this e-mail address, else None."""
    people = get_user_model().objects.select_for_update()
    found = list(people.filter(Q(username__iexact=email) | Q(email__iexact=email)).order_by("pk"))
    return next((user for user in found if user.username.lower() == email), found[0] if found else None)


def is_blank(user: Any, by: Any) -> bool:
    """True if a new link to this account gives `by` nothing that belongs to somebody else.

    This holds for people who left. It also holds for people who never used their link and whose projects `by` sees.
    """
    if user.has_usable_password() or user.is_superuser or user.user_permissions.exists():
        return False
    if by.is_superuser:
        return True
    handed_out = user.groups.exclude(name__in=roles_for(by))
    elsewhere = user.mixpanel_projects.exclude(pk__in=Project.objects.visible_to(by).values("pk"))
    return not handed_out.exists() and not elsewhere.exists()


def send_link(user: Any) -> Invitation:
    """Mails a new one-time link. If mail is not set up or fails, returns the link, to be shown once.

    Older links stay valid until the person uses one of them.
    """
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    link = f"{settings.SITE_URL}{reverse('set_password', args=[uid, tokens.make_token(user)])}"
    if not settings.EMAIL_IS_SET_UP:
        return Invitation(user, link)
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    text = (
        f"You are invited to MixCyfe, which shows Mixpanel's numbers on Cyfe's dashboards.\n\n"
        f"Choose your password here. The link works once, within {days} days:\n\n{link}\n\n"
        f"Your user name is {user.username}.\n"
    )
    if mail(user, "Your account at MixCyfe", text):
        return Invitation(user, mailed=True)
    return Invitation(user, link, problem="MixCyfe could not send the mail; see the log. Send the link yourself.")


def mail_about_projects(user: Any, by: Any) -> Invitation:
    text = f"{by} made you a member of more projects at MixCyfe. Log in as usual: {settings.SITE_URL}/\n"
    return Invitation(user, mailed=mail(user, "More projects for you at MixCyfe", text))


def mail(user: Any, subject: str, text: str) -> bool:
    try:
        send_mail(subject, text, None, [user.email])
    except (OSError, SMTPException, ValueError) as error:
        logger.error("a mail could not be sent: %s", type(error).__name__)  # noqa: TRY400 - its words may quote the mail
        return False
    return True

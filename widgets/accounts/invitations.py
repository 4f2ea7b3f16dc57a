"""Invites a person to a project: makes an account without a password, and a one-time link to set the password.

The link holds a token of Django's password reset, which MixCyfe does not store. The link stops working after
PASSWORD_RESET_TIMEOUT, and when the person sets a password, logs in or gets another e-mail address
(https://docs.djangoproject.com/en/5.2/topics/auth/default/#django.contrib.auth.views.PasswordResetConfirmView).
"""

import logging
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from widgets.accounts.audit_log import log_change
from widgets.models import Action, Project, Role

logger = logging.getLogger(__name__)


class InvitationTokens(PasswordResetTokenGenerator):
    """While a person is pending (`is_pending`), a change of the person's projects ends all links to the account.

    So a lead can't keep a link and later use it to enter another lead's project.
    """

    key_salt = "widgets.accounts.invitations"
    page = "set_password"
    """The name of the URL that opens from the link."""

    def link(self, user: Any) -> str:
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        return f"{settings.SITE_URL}{reverse(self.page, args=[uid, self.make_token(user)])}"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        value = super()._make_hash_value(user, timestamp)
        if not is_pending(user):
            return value
        return f"{value}{sorted(user.memberships.values_list('project', flat=True))}"


tokens = InvitationTokens()


class OpenedTokens(InvitationTokens):
    """After a person has opened a link, the session stores the token's time and an HMAC of the token, not the token.

    So nobody can restore the link from the session. This class makes and checks the stored value.
    """

    def keep(self, token: str) -> str:
        time, _, _ = token.partition("-")
        return f"{time}-{salted_hmac('widgets.people.opened', token, algorithm='sha256').hexdigest()}"

    def _make_token_with_timestamp(self, user: Any, timestamp: int, secret: str | bytes) -> str:
        return self.keep(super()._make_token_with_timestamp(user, timestamp, secret))


opened_tokens = OpenedTokens()


@dataclass(frozen=True, slots=True)
class Invitation:
    """The result of an invitation. `problem`: a message for the inviting person if the mail could not be sent.

    `link`: the one-time link, for the inviting person to send; empty if MixCyfe has sent the mail (`mailed`), or if the
    inviting person is not allowed to see a link to this account (`may_give_link`).
    """

    user: Any
    link: str = ""
    mailed: bool = False
    problem: str = ""

    @property
    def is_waiting(self) -> bool:
        return is_pending(self.user)


class CantInvite(Exception):
    """The person can't be invited. The text tells the inviting person why."""


def invite(by: Any, project: Project, name: str, email: str, role: str) -> Invitation:
    """Makes a person a member of `project`, which `by` leads. Makes an account if the person has none.

    If MixCyfe can send mails, `by` sees the same page whether or not the address had an open account. Raises CantInvite
    if the account is closed or already a member of the project.
    """
    with transaction.atomic():
        user = find(email)
        new = user is None
        if user is None:
            user = get_user_model()(username=email, email=email)
            user.first_name, _, user.last_name = (part[:150] for part in name.partition(" "))
            user.set_unusable_password()
            user.save()
        elif not user.is_active:
            raise CantInvite("This address can't be invited. Ask your administrator.")
        elif user.memberships.filter(project=project).exists():
            raise CantInvite("This person is a member of the project already.")
        project.members.add(user, through_defaults={"role": role})
        log_change(by, project, f"Invited {email} as {Role(role)}.", Action.INVITED)
    if new or may_give_link(by, user):
        return send_link(user)
    if settings.EMAIL_IS_SET_UP:
        # `by` is not allowed to see a link to this account, so MixCyfe sends the mail only to the person.
        return Invitation(user, mailed=mail_link(user) if is_pending(user) else mail_about(user, project, by))
    return Invitation(user)


def find(email: str) -> Any:
    """The user with this user name, or else the first user with this e-mail address, or None. Locks the found rows."""
    people = get_user_model().objects.select_for_update()
    found = list(people.filter(Q(username__iexact=email) | Q(email__iexact=email)).order_by("pk"))
    return next((user for user in found if user.username.lower() == email), found[0] if found else None)


def is_pending(user: Any) -> bool:
    """True if the person has no password and has never logged in, as after an invitation."""
    return user.last_login is None and not user.has_usable_password()


def may_give_link(by: Any, user: Any) -> bool:
    """True if `by` is allowed to see a one-time link to this account.

    Nobody sees links to inactive accounts. Superusers see the links to all active accounts. A lead sees the link to an
    active account if the person is pending (`is_pending`) and not a superuser, and if the lead leads all projects of
    the person. So no link gives a lead access to another lead's project.
    """
    if not user.is_active or by.is_superuser:
        return bool(user.is_active)
    elsewhere = user.memberships.exclude(project__in=Project.objects.led_by(by).values("pk"))
    return is_pending(user) and not user.is_superuser and not elsewhere.exists()


def send_link(user: Any) -> Invitation:
    """Mails a new one-time link. If mail is not set up or fails, returns the link, for a page that shows it once.

    A new link does not end the older links.
    """
    if not settings.EMAIL_IS_SET_UP:
        return Invitation(user, tokens.link(user))
    if mail_link(user):
        return Invitation(user, mailed=True)
    problem = "MixCyfe could not send the mail. The reason is in the log. Send the link yourself."
    return Invitation(user, tokens.link(user), problem=problem)


def mail_link(user: Any) -> bool:
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    text = (
        f"You are invited to MixCyfe, which shows Mixpanel's numbers on Cyfe's dashboards.\n\n"
        f"Choose your password here. The link works once, within {days} days:\n\n{tokens.link(user)}\n\n"
        f"Your user name is {user.username}.\n"
    )
    return mail(user, "Your account at MixCyfe", text)


def mail_about(user: Any, project: Project, by: Any) -> bool:
    text = f"{by} made you a member of the project {project} at MixCyfe. Log in as usual: {settings.SITE_URL}/\n"
    return mail(user, "Another project for you at MixCyfe", text)


def mail(user: Any, subject: str, text: str) -> bool:
    try:
        send_mail(subject, text, None, [user.email])
    except (OSError, SMTPException, ValueError) as error:
        logger.error("a mail could not be sent: %s", type(error).__name__)  # noqa: TRY400 - may quote the mail
        return False
    return True

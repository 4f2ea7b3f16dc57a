"""Sends mails to people about their own accounts, if EMAIL_URL is set, and if the account is open and has an address.

The mail leaves after the response, so that the response's time does not show whether an account exists.
"""

import logging
import threading
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

from allauth.core import context
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signals import request_finished
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from widgets.models import AccountSecurity

logger = logging.getLogger(__name__)

FOOTER = "\n\nIf this was not you, tell your administrator at once.\n"


class Waiting(threading.local):
    """The mails that this thread sends after the current response."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []


waiting = Waiting()


def send(user: Any, subject: str, text: str, footer: str = FOOTER) -> None:
    """Sends a mail after the current response, or at once if there is no request."""
    if not (settings.EMAIL_IS_SET_UP and user.is_active and user.email):
        return
    body = f"Hello {user.get_short_name() or user.get_username()},\n\n{text}{footer}\n{settings.SITE_URL}/\n"
    waiting.mails.append(EmailMessage(subject, body, None, [user.email]))
    if context.request is None:
        send_waiting()


def send_once_per_day(user: Any, field: str, subject: str, text: str) -> None:
    """Limits mails that strangers can cause. `field`: the field of AccountSecurity that holds the last mail's time."""
    if not settings.EMAIL_IS_SET_UP:
        return
    now = timezone.now()
    AccountSecurity.objects.get_or_create(user=user)
    due = Q(**{field: None}) | Q(**{f"{field}__lt": now - timedelta(days=1)})
    if AccountSecurity.objects.filter(due, user=user).update(**{field: now}):
        send(user, subject, text)


@receiver(request_finished, dispatch_uid="widgets.accounts.mails")
def send_waiting(**_: Any) -> None:
    if not waiting.mails:
        return
    mails, waiting.mails = waiting.mails, []
    for mail in mails:
        try:
            mail.send()
        except (OSError, SMTPException, ValueError) as error:
            logger.error("a mail could not be sent: %s", type(error).__name__)  # noqa: TRY400 - may quote the mail

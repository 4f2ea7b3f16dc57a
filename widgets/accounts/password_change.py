"""Limits guesses of the old password where people change it. After a change, ends sessions and sends a mail."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.http import HttpResponse

from widgets.accounts import audit_log, guesses, mails
from widgets.accounts.sign_in import refused
from widgets.models import Action


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view` must answer an invalid form with a TemplateResponse that holds `form`, like Django's own view."""

    @wraps(view)
    def change_password(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        tries = guesses.of_session(request)
        if tries.are_locked(request):
            return refused(request)
        response = view(request, *args, **kwargs)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is None or not form.has_error("old_password", "password_incorrect"):
            return response
        return refused(request) if tries.count_failure(request, "password change failed") else response

    return change_password


WORDS = ("mixcyfe", "mixpanel", "cyfe", "dashboard")
"""Words that attackers of this site try first."""


AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
REPEATED = re.compile(r"(.+?)\1*")
LONGEST_COMMON = 64


class PasswordRules:
    """Refuses more passwords than Django's validators do, and ends sessions after every change of a password.

    https://docs.djangoproject.com/en/5.2/topics/auth/passwords/#writing-your-own-validator
    """

    def __init__(self) -> None:
        self.common: set[str] = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        """Django's list has few common passwords of 12 characters. So a common password is also refused if it is
        repeated, or has digits or signs around it.
        """
        if any(word in password.lower() for word in WORDS):
            raise ValidationError(f"Leave out the words {', '.join(WORDS)}: people who guess try them first.")
        letters = AROUND.sub("", password.lower())
        repeated = REPEATED.fullmatch(letters) if len(letters) <= LONGEST_COMMON else None
        if repeated and repeated[1] in self.common:
            raise ValidationError("This password is a common one with something around it, or repeated.")

    def get_help_text(self) -> str:
        return "A few words that don't belong together are hard to guess and easy to keep in mind."

    def password_changed(self, password: str, user: Any = None) -> None:
        """Ends all sessions. The session that changed the password goes on, because Django then gives it a new key."""
        if user is not None:
            audit_log.record(Action.PASSWORD, user, must=False)  # the password is saved already
        if user is None or user.last_login is None:
            return
        user.sessions.all().delete()
        mails.send(user, "Your password at MixCyfe was changed", "Your password was changed. All other sessions ended.")

"""The rules for new passwords, and the limit for wrong guesses on the page that changes the password."""

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


def limit_guesses(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator for the view that changes a password: limits wrong guesses of the old password.

    `view` must answer an invalid form with a TemplateResponse whose context holds `form`, as Django's own view does.
    """

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
        above = tries.reserve(request)
        tries.record_failure(request, "password change failed", above)
        return refused(request) if above >= 0 else response

    return change_password


WORDS = ("mixcyfe", "mixpanel", "cyfe", "dashboard")
"""Words that passwords must not contain, because attackers of this site try them first."""


SIGNS_AROUND = re.compile(r"^[\W_]+|[\W_]+$")
AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
REPEATED = re.compile(r"(.+?)\1*")
LONGEST_COMMON = 64


class PasswordRules:
    """A password validator, in addition to Django's own validators.

    https://docs.djangoproject.com/en/5.2/topics/auth/passwords/#writing-your-own-validator
    """

    def __init__(self) -> None:
        self.common: set[str] = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError if the password contains one of WORDS, or is a common password, a repeated common
        password, or a common password with digits or signs around it.

        Django's own validator compares only whole passwords, and few common passwords have the required 12 characters.
        """
        if any(word in password.lower() for word in WORDS):
            raise ValidationError(f"Don't use these words, which attackers try first: {', '.join(WORDS)}.")
        whole = password.lower()
        for text in {whole, SIGNS_AROUND.sub("", whole), AROUND.sub("", whole)}:
            repeated = REPEATED.fullmatch(text) if len(text) <= LONGEST_COMMON else None
            if repeated and not self.common.isdisjoint((text, repeated[1])):
                raise ValidationError(
                    "This password is easy to guess: it repeats a common password, or adds digits or signs to a common "
                    "password. Choose another password."
                )

    def get_help_text(self) -> str:
        return "Use a few unrelated words: they are hard to guess and easy to remember."

    def password_changed(self, password: str, user: Any = None) -> None:
        """Ends the user's sessions and sends a mail, if the user has logged in before.

        Django calls this method after each change. The session in which the user changed the password goes on,
        because Django then saves it again with a new key.
        """
        if user is not None:
            audit_log.record(Action.PASSWORD, user, must=False)  # the new password is saved already
        if user is None or user.last_login is None:
            return
        user.sessions.all().delete()
        mails.send(
            user,
            "Your password at MixCyfe was changed",
            "Your password was changed. You are now logged out in all other browsers.",
        )

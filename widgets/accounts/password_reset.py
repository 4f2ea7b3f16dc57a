"""Mails a link to people who forgot their password. The link works once, within an hour.

The page's answer is the same for every address, so that nobody learns which addresses have an account. Closed accounts
get no mail. Accounts without a password get no mail either. These are the accounts that use only single sign-on, the
account for commands, and the accounts of invited people. Invited people can ask for a new invitation.
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.validators import ProhibitNullCharactersValidator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import base36_to_int
from django.views.generic import FormView

from widgets.accounts import mails
from widgets.accounts.client import client_network
from widgets.accounts.guesses import Guesses
from widgets.accounts.invitations import InvitationTokens, OpenedTokens
from widgets.accounts.sessions import digest
from widgets.accounts.sign_in import refused
from widgets.accounts.views import SetPassword

LINK_WORKS = timedelta(hours=1)
BEGINNING = datetime(2001, 1, 1)
"""Django's tokens begin with their creation time: the seconds since this moment, in the machine's local time."""

MAILS = 3
"""The limit of requests that cause mails, per e-mail address and quarter of an hour."""

ASKS = 20
"""The limit of requests per visitor and quarter of an hour."""


class ResetTokens(InvitationTokens):
    key_salt = "widgets.accounts.password_reset"
    page = "reset_password"

    def check_token(self, user: Any, token: str | None) -> bool:
        if not super().check_token(user, token):
            return False
        made = BEGINNING + timedelta(seconds=base36_to_int(str(token).partition("-")[0]))
        return datetime.now() - made <= LINK_WORKS


class OpenedResetTokens(OpenedTokens, ResetTokens):
    """Checks opened links of ResetTokens."""


reset_tokens, opened_reset_tokens = ResetTokens(), OpenedResetTokens()


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class Forgotten(FormView):  # type: ignore[type-arg]  # generic in django-stubs only
    template_name = "sign_in/forgotten.html"
    form_class = ForgottenForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context |= admin.site.each_context(self.request)
        return context | {"title": "Forgotten your password?", "has_mail": settings.EMAIL_IS_SET_UP}

    def form_valid(self, form: ForgottenForm) -> HttpResponse:
        request: Any = self.request
        if not settings.EMAIL_IS_SET_UP:
            return self.render_to_response(self.get_context_data(form=form))
        if Guesses("", f"asks {client_network(request)}", ASKS).reserve(request) > 0:
            return refused(request)
        email = form.cleaned_data["email"]
        # Unknown addresses are counted too, so that the answer takes equally long for every address.
        if Guesses(digest(email.lower()), "password reset", MAILS).reserve(request) <= 0:
            for user in accounts_with(email):
                send_link(user)
        context = {**admin.site.each_context(request), "title": "Check your mail", "email": email}
        return render(request, "sign_in/link_sent.html", context)


def accounts_with(email: str) -> list[Any]:
    """The open accounts that have this e-mail address and a password.

    Python compares the addresses again, because some databases treat different letters as equal.
    """
    found = get_user_model().objects.filter(email__iexact=email, is_active=True)
    return [user for user in found if user.email.lower() == email.lower() and user.has_usable_password()]


def send_link(user: Any) -> None:
    mails.send(
        user,
        "A new password for MixCyfe",
        f"Choose a new password here. The link works once, within an hour:\n\n{reset_tokens.link(user)}\n\n"
        f"Your user name is {user.get_username()}.",
        footer="\n\nIf you did not ask for a new password, do nothing: your password stays the same.\n",
    )


class ResetPassword(SetPassword):
    """The page that opens from the link in the mail."""

    tokens, opened_tokens = reset_tokens, opened_reset_tokens

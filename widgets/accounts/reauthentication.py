"""Asks people whose login is not recent to sign in again before they change credentials, people or addresses.

MixCyfe answers the request with a page that asks for the password. After a POST, hidden fields of this page hold the
POST's fields, and the browser sends them again with the password. So people need not fill in their form again, and the
server stores no fields.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from widgets.accounts import guesses, passkeys
from widgets.accounts.sessions import SIGNED_IN_AT
from widgets.accounts.sign_in import refused

RECENT = 600
"""Seconds for which a login is recent. Signing in again counts as a login."""

CONFIRMED_AT = "confirmed_at"
PREFIX = "again"
MARK = f"{PREFIX}-method"
"""The name of the hidden field that holds the method of the first request, GET or POST."""

View = Callable[..., Any]


def is_recent(request: Any) -> bool:
    at: float = max(request.session.get(SIGNED_IN_AT, 0), request.session.get(CONFIRMED_AT, 0))
    return time.time() - at < RECENT


def confirm(request: Any) -> None:
    """Stores in the session that the person has just signed in again, and gives the session a new key."""
    request.session.cycle_key()
    request.session[CONFIRMED_AT] = int(time.time())


class AgainForm(forms.Form):
    """The form to sign in again: with the password or a passkey, or with a code if the person has no password."""

    password = forms.CharField(
        required=False,
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    code = forms.CharField(
        required=False,
        max_length=32,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )
    credential = passkeys.CredentialField(required=False)

    def __init__(self, data: Any, user: Any) -> None:
        super().__init__(data, prefix=PREFIX)
        self.user = user
        types = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
        if user.has_usable_password():
            del self.fields["code"]
        else:
            del self.fields["password"]
            if Authenticator.Type.TOTP not in types:
                del self.fields["code"]
        if Authenticator.Type.WEBAUTHN not in types:
            del self.fields["credential"]

    def clean(self) -> dict[str, Any]:
        from widgets.accounts.second_factor import authenticator_of

        cleaned = self.cleaned_data
        if cleaned.get("password") and self.user.check_password(cleaned["password"]):
            return cleaned
        if cleaned.get("code") and authenticator_of(self.user, cleaned["code"]):
            return cleaned
        if cleaned.get("credential"):
            passkeys.check(self.user, cleaned["credential"])
            return cleaned
        raise ValidationError("The password, code or passkey was wrong. Try again.")


def ask(request: Any) -> HttpResponse | None:
    """Asks a logged-in person to sign in again. Returns None if the view can go on, else the response to send instead.

    This response is the page that asks, or the lockout page. After a correct sign-in, the view goes on, or if the
    person had opened the page with a GET, the response redirects to the same URL.
    """
    if is_recent(request):
        return None
    answered = request.method == "POST" and MARK in request.POST
    form = AgainForm(request.POST if answered else None, request.user)
    if answered and form.fields:
        tries = guesses.of_session(request)
        above = tries.reserve(request)
        if above > 0:
            return refused(request)
        if form.is_valid():
            confirm(request)
            tries.forget()
            return HttpResponseRedirect(request.get_full_path()) if request.POST[MARK] == "GET" else None
        if tries.record_failure(request, "signing in again failed", above):
            return refused(request)
    return page(request, form, request.POST[MARK] if answered else request.method)


def page(request: Any, form: AgainForm, method: str) -> HttpResponse:
    ours = {*(form.add_prefix(name) for name in AgainForm.base_fields), MARK, "csrfmiddlewaretoken"}
    typed = [(name, value) for name, values in request.POST.lists() if name not in ours for value in values]
    options = passkeys.challenge(request.user) if "credential" in form.fields else None
    context = {
        **admin.site.each_context(request),
        "title": "Sign in again",
        "form": form,
        "typed": typed,
        "mark": MARK,
        "method": method,
        "js_data": {"request_options": options},
        "has_single_sign_on": bool(settings.OIDC_ISSUER) and request.user.socialaccount_set.exists(),
    }
    return render(request, "sign_in/again.html", context)


def recent_login_required(view: View) -> View:
    """Decorator: asks people whose login is not recent to sign in again.

    People who are not logged in can pass this decorator, so the view also needs `login_required`.
    """

    @wraps(view)
    def asking(request: Any, *args: Any, **kwargs: Any) -> Any:
        return (ask(request) if request.user.is_authenticated else None) or view(request, *args, **kwargs)

    return asking


PEOPLE_AND_NOTICES = (
    "auth_user_",
    "widgets_project_members",
    "widgets_project_role",
    "widgets_project_link",
    "widgets_project_remove",
    "widgets_project_notices",
)
"""The admin's pages that change people, roles and receivers of notices have URL names that begin with one of these."""


def recent_login_required_in_admin(view: View) -> View:
    """Decorator for the admin's views: like `recent_login_required`, but only for POSTs to PEOPLE_AND_NOTICES."""
    asks = recent_login_required(view)

    @wraps(view)
    def asking(request: Any, *args: Any, **kwargs: Any) -> Any:
        name = request.resolver_match.url_name if request.resolver_match else ""
        must_ask = request.method == "POST" and (name or "").startswith(PEOPLE_AND_NOTICES)
        return (asks if must_ask else view)(request, *args, **kwargs)

    return asking

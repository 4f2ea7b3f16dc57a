"""The page that asks for a code or a passkey after the password or single sign-on.

The page's URL is below the login page's URL, so browsers send the cookie of `known_browsers` to both pages.
"""

from typing import Any

from allauth.account.internal.stagekit import clear_login, unstash_login
from allauth.mfa.base.views import AuthenticateView
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from widgets.accounts import guesses, mails
from widgets.accounts.login_page import passkeys_work
from widgets.accounts.second_factor import FACTORS
from widgets.accounts.sign_in import refused

BEGUN_WITH = "login_begun_with"


def begin(request: HttpRequest, user: Any) -> None:
    """Stores a hash of the current password in the session, so that a new password ends this unfinished login."""
    request.session[BEGUN_WITH] = user.get_session_auth_hash()


def end(request: HttpRequest) -> None:
    request.session.pop(BEGUN_WITH, None)


class SecondFactorPage(AuthenticateView):
    template_name = "sign_in/second_factor.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ends the unfinished login if the password has changed since the login began."""
        login = unstash_login(request, peek=True)
        begun_with = request.session.get(BEGUN_WITH, "")
        if login and login.user and not constant_time_compare(begun_with, login.user.get_session_auth_hash()):
            clear_login(request)
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Checks a code or a passkey. A lockout refuses only codes, because nobody can guess a passkey."""
        user = self.stage.login.user
        tries = guesses.of_codes(request, user)
        above = tries.reserve(request) if "code" in request.POST else 0
        if above > 0:
            clear_login(request)
            return refused(request)
        response: HttpResponse = super().post(request, *args, **kwargs)
        if self.form.is_valid():
            tries.forget()
        elif "code" in self.form.errors and tries.record_failure(request, "second factor failed", above):
            clear_login(request)
            mails.send_once_per_day(
                user,
                "wrong_codes_mailed_at",
                "Wrong codes for your account at MixCyfe",
                "Somebody entered your password, or logged in through your single sign-on, and then entered several "
                "wrong codes. The login failed. If it was not you, change your password now. If you use single "
                "sign-on, change your password there. Only your second factor still protects your account.",
            )
            return refused(request)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        types = set(self.stage.login.user.authenticator_set.values_list("type", flat=True))
        return {
            **admin.site.each_context(self.request),
            **super().get_context_data(**kwargs),
            "title": "Second step",
            "has_codes": FACTORS[0] in types,
            "has_passkeys": FACTORS[1] in types and passkeys_work(self.request),
        }

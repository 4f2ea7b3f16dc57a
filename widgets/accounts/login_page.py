"""The login page: people log in with a password, a passkey or single sign-on.

All people use this page, even if they never open the admin. The form's fields have Django's names, `username` and
`password`. If the account has a second factor, allauth asks for the second factor after the password.
"""

from typing import Any

from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url, perform_login
from allauth.core.internal import ratelimit
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.views.generic import RedirectView

from widgets.accounts.sign_in import refused


def passkeys_work(request: HttpRequest) -> bool:
    """True if the request came over https or to localhost. Browsers offer no passkeys on other sites."""
    return request.is_secure() or request.get_host().partition(":")[0] == "localhost"


SAID = {
    "closed": "This account is closed. Ask your administrator.",
    "failed": "Single sign-on did not work. Try again, or log in with your password.",
    "unverified": "Your single sign-on service has not verified your e-mail address. Ask your administrator.",
    "unclear": "MixCyfe can't tell which account belongs to your e-mail address. Ask your administrator.",
    "superuser": "Superusers log in with their password, not with single sign-on.",
    "passkey": "MixCyfe does not know this passkey. Log in with your password.",
    "changed": "Your password was changed. Log in with the new password.",
}
"""The reasons why people are sent back to the login page. The keys are parameters of the page's address."""


def back_to_login(why: str, next_url: str | None = None) -> HttpResponseRedirect:
    query = {why: ""} | ({"next": next_url} if next_url else {})
    return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode(query)}")


class LoginPage(LoginView):
    template_name = "admin/login.html"

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        return context | {
            "next": context.get("next") or reverse("board"),
            "said": next((text for name, text in SAID.items() if name in self.request.GET), ""),
            "passkeys_work": passkeys_work(self.request),
            "has_single_sign_on": bool(settings.OIDC_ISSUER),
        }


class ToLoginPage(RedirectView):
    """Redirects to the login page. This view has the URL at which allauth expects the login page."""

    pattern_name = "admin:login"
    query_string = True


class PasskeyLogin(LoginWebAuthnView):
    """The URL from which the login page's script gets a passkey challenge, and to which it posts the answer.

    Each visitor may send 60 such requests per minute.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        limit = {"passkeys": "60/m/ip"}
        if not ratelimit.consume(request, app="widgets", action="passkeys", config=limit, limit_get=True):
            return refused(request)
        if not request.user.is_authenticated:
            clear_login(request)  # ends an unfinished login, which lacks its second factor
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        login = Login(user=authenticator.user, redirect_url=self.get_next_url())
        answer: HttpResponse = perform_passwordless_login(self.request, authenticator, login)
        return answer

    def get_next_url(self) -> str | None:
        url: str | None = get_next_redirect_url(self.request)
        return url

    def form_invalid(self, form: Any) -> HttpResponse:
        return back_to_login("passkey", self.get_next_url())

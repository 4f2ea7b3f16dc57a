"""The login page for all people, even those who never open the admin: password, passkey or single sign-on.

After the password or single sign-on, allauth asks for the second factor if the account has one.
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

from widgets.accounts.sign_in import refused


def passkeys_work(request: HttpRequest) -> bool:
    """True over https and on localhost. Browsers offer no passkeys on other sites."""
    return request.is_secure() or request.get_host().partition(":")[0] == "localhost"


SAID = {
    "closed": "This account is closed. Ask your administrator.",
    "failed": "Single sign-on did not work. Try again, or log in with your password.",
    "unverified": "Your single sign-on service has not verified your e-mail address. Ask your administrator.",
    "unclear": "MixCyfe can't tell which account belongs to your e-mail address. Ask your administrator.",
    "superuser": "Superusers log in with their password, not with single sign-on.",
    "passkey": "MixCyfe could not verify this passkey. Try again, or log in with your password.",
}
"""Parameter of the login page's address → the reason why the person was sent back to this page."""


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


class PasskeyLogin(LoginWebAuthnView):
    """Gives the login page's script a challenge for a passkey (GET), and checks the answer (POST)."""

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

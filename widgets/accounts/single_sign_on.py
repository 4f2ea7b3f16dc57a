"""Single sign-on with OpenID Connect, in addition to passwords.

The settings are OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET. `openid` sends the requests to the provider. This
module finds the account: the one that is connected to the provider's user, else the one with the same verified e-mail
address, else a new one. Superusers can't log in this way.
"""

import logging
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from widgets.accounts import openid
from widgets.accounts.client import harmless
from widgets.accounts.login_page import back_to_login
from widgets.accounts.openid import Exchange, Provider, ProviderSession
from widgets.accounts.reauthentication import confirm
from widgets.accounts.second_factor import log_and_mail_change
from widgets.accounts.sign_in import refused
from widgets.mixpanel.wire import exchange

logger = logging.getLogger("widgets.sign_in")

View = Callable[[HttpRequest], HttpResponse]

AT_ONCE = threading.BoundedSemaphore(3)
"""Limits how many threads of this process wait for the provider. Further people are sent back to the login page."""

PER_ADDRESS = {"sign-on": "120/m/ip"}


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> ProviderSession:
        return ProviderSession()

    def get_provider(self, request: Any, provider: Any, client_id: Any = None) -> Provider:
        return Exchange(request).get_provider()

    def on_authentication_error(self, request: HttpRequest, provider: Any, error: Any = None, **more: Any) -> None:
        log_failure(more.get("exception") or ProviderException(str(error)))
        raise ImmediateHttpResponse(back_to_login("failed"))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Finds or makes the account, or sends the person back to the login page.

        After that, allauth asks for the second factor, if the account has one, and logs the person in. If the person is
        logged in to this account already, the session only stores that the person has signed in again.
        """
        sociallogin.token = None
        if sociallogin.nonce != sociallogin.state.get("nonce"):
            self.on_authentication_error(request, None, "the ID token belongs to another login")
        is_known = sociallogin.is_existing
        user = sociallogin.user if is_known else account_for(sociallogin)
        if user.is_superuser:
            raise ImmediateHttpResponse(back_to_login("superuser"))
        if not user.is_active:
            raise ImmediateHttpResponse(back_to_login("closed"))
        if not is_known:
            sociallogin.connect(request, user)
            log_and_mail_change(user, "Connected to single sign-on.")
        if request.user.is_authenticated and request.user.pk == user.pk:
            confirm(request)
            next_url = sociallogin.get_redirect_url(request) or reverse("board")
            raise ImmediateHttpResponse(HttpResponseRedirect(next_url))


def log_failure(error: Exception) -> None:
    """Logs a ProviderException's text, but only the type of other errors, whose texts may quote a secret or a token."""
    why = str(error) if isinstance(error, ProviderException) else type(error).__name__
    logger.warning("single sign-on failed: %s", harmless(why)[:200])


def account_for(sociallogin: Any) -> Any:
    """The account with the verified e-mail address, or else a new unsaved account without a project.

    Raises ImmediateHttpResponse, which redirects to the login page, if the address is missing or not verified, belongs
    to several accounts, or is only the user name of an account.
    """
    email = (sociallogin.user.email or "").lower()
    if not (email and sociallogin.is_verified):
        raise ImmediateHttpResponse(back_to_login("unverified"))
    people = get_user_model().objects
    found = [user for user in people.filter(email__iexact=email) if user.email.lower() == email]
    if len(found) > 1:
        raise ImmediateHttpResponse(back_to_login("unclear"))
    if found:
        return found[0]
    if people.filter(username__iexact=email).exists():
        raise ImmediateHttpResponse(back_to_login("unclear"))
    user = sociallogin.user
    user.username, user.email = email[:150], email
    user.first_name, user.last_name = harmless(user.first_name)[:150], harmless(user.last_name)[:150]
    user.set_unusable_password()
    return user


def accounts_of(user: Any) -> list[SocialAccount]:
    return list(SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER))


def within_limits(view: View) -> View:
    """Decorator. Answers 404 if single sign-on is not set up, and 429 if a visitor sends too many requests.

    Redirects to the login page if the provider fails or is slow, or if too many people wait for it.
    """

    @wraps(view)
    def limited(request: HttpRequest) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        if not ratelimit.consume(request, app="widgets", action="sign-on", config=PER_ADDRESS, limit_get=True):
            return refused(request)
        if not AT_ONCE.acquire(blocking=False):
            log_failure(ProviderException("too many people wait for the provider"))
            return back_to_login("failed")
        try:
            with exchange(openid.PATIENCE):
                return view(request)
        except ImmediateHttpResponse as error:
            answer: HttpResponse = error.response
            return answer
        except (ProviderException, OAuth2Error) as error:
            log_failure(error)
            return back_to_login("failed")
        finally:
            AT_ONCE.release()

    return limited


@require_POST
@within_limits
def begin(request: HttpRequest) -> HttpResponse:
    """Sends the person to the provider's login page. Accepts only a POST, so that no other site can begin a login."""
    response: HttpResponse = OAuth2LoginView.adapter_view(Exchange(request))(request)
    if urlsplit(response["Location"]).netloc == "":
        return response
    # The response is a page that opens the provider's page, because the Content-Security-Policy (form-action) forbids
    # that a form redirects to another site.
    return render(request, "sign_in/to_provider.html", {"url": response["Location"]})


@require_GET
@within_limits
def come_back(request: HttpRequest) -> HttpResponse:
    """Completes the login. The provider sends people to this URL, which must be registered with the provider."""
    response: HttpResponse = OAuth2CallbackView.adapter_view(Exchange(request))(request)
    return response

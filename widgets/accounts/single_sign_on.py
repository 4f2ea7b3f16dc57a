"""Single sign-on with OpenID Connect, beside passwords. The host sets OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET.

allauth does the flow (code with PKCE and state). Here stands what it leaves open: the issuer must be the one that the
host wrote down, its signature and the nonce are checked, an account is matched by a verified address only, and all
requests to the provider together take at most PATIENCE seconds, so a slow provider holds no thread for long.

https://openid.net/specs/openid-connect-core-1_0.html
"""

import logging
import time
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from widgets.accounts.client import harmless
from widgets.accounts.login_page import back_to_login
from widgets.accounts.reauthentication import RECENT, confirm
from widgets.accounts.second_factor import note_change
from widgets.mixpanel.answer import read_body
from widgets.mixpanel.wire import SESSION, exchange

logger = logging.getLogger("widgets.sign_in")

PATIENCE = 10
"""Seconds for all requests to the provider that one step of the login needs."""

LONGEST_SUBJECT = 191
"""The length of allauth's column."""

SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]

WELL_KNOWN = "/.well-known/openid-configuration"
View = Callable[[HttpRequest], HttpResponse]
EXPECTED = (
    OAuth2Error,
    ProviderException,
    jwt.PyJWTError,
    requests.RequestException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    StopIteration,
)
"""Errors that a provider, or somebody who plays one, can cause."""


class ProviderSession:
    """Sends allauth's requests by `mixpanel.wire`: one deadline, no redirects, no cookies, a limit on the answer."""

    def __enter__(self) -> "ProviderSession":
        return self

    def __exit__(self, *_: Any) -> None:
        """The connections stay open for the next login."""

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.request("GET", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        options |= {"timeout": PATIENCE, "allow_redirects": False, "stream": True}
        try:
            with SESSION.request(method, url, **options) as response:
                body = read_body(response)
        except Exception as error:  # noqa: BLE001 - sockets, TLS, urllib3, zlib; the words may hold the request
            raise ProviderException(f"the provider can't be reached: {type(error).__name__}") from None
        answer = requests.Response()
        answer.status_code, answer.headers, answer.raw = response.status_code, response.headers, BytesIO(body)
        if answer.status_code != 200:
            raise ProviderException(f"the provider answered {answer.status_code}")
        return answer


class Provider(OpenIDConnectProvider):
    pkce_enabled_default = True

    @property
    def server_url(self) -> str:
        return f"{settings.OIDC_ISSUER.rstrip('/')}{WELL_KNOWN}"

    def get_oauth2_adapter(self, request: HttpRequest) -> "Exchange":
        return Exchange(request)

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """A person who is logged in, and comes here to sign in again, proves to the provider who they are."""
        chosen: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        again = {"prompt": "login", "max_age": 0} if request.user.is_authenticated else {}
        nonce = get_random_string(32)
        return chosen | {"process": "login", "nonce": nonce, "auth_params": {"nonce": nonce, **again}}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return ["openid", "email", "profile"]

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Nothing is stored of what the provider says but its name for the person."""
        return {}


class Exchange(OpenIDConnectOAuth2Adapter):
    """The requests to the provider, and the checks of its answers."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_ISSUER)

    def get_provider(self) -> Provider:
        app = SocialApp(
            provider="openid_connect",
            provider_id=settings.OIDC_ISSUER,  # another issuer's people are other people
            name="single sign-on",
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={},
        )
        return Provider(self.request, app=app)

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        if config["issuer"] != settings.OIDC_ISSUER:
            raise ProviderException("the provider's issuer is not OIDC_ISSUER")
        secure = settings.OIDC_ISSUER.startswith("https:")
        for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
            if secure and not str(config.get(name, "https:")).startswith("https:"):
                raise ProviderException(f"the provider's {name} is not https:")
        return config

    @property
    def basic_auth(self) -> bool:
        """How the secret is sent. Providers that don't say it expect `client_secret_basic`."""
        return "client_secret_post" not in self.openid_config.get("token_endpoint_auth_methods_supported", ())

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return f"{settings.SITE_URL}{reverse('openid_connect_callback')}"

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Takes the address from the ID token, or from the userinfo of the same subject."""
        claims = self.claims_of(kwargs["response"]["id_token"])
        if "email" not in claims:
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise ProviderException("the userinfo is another person's")
            claims = {**more, **claims}
        if len(claims["sub"]) > LONGEST_SUBJECT:
            raise ProviderException("the provider's name for the person is too long")
        if time.time() - claims.get("auth_time", time.time()) > RECENT and request.user.is_authenticated:
            raise ProviderException("the provider did not ask to sign in again")
        login = self.get_provider().sociallogin_from_response(request, {"id_token": claims})
        login.is_verified, login.nonce = is_verified(claims), claims.get("nonce")
        return login

    def claims_of(self, id_token: str) -> dict[str, Any]:
        """The claims of an ID token for us that the provider signed and that has not ended. Raises jwt.PyJWTError."""
        keys = jwt.PyJWKSet.from_dict(ProviderSession().get(self.openid_config["jwks_uri"]).json()).keys
        name = jwt.get_unverified_header(id_token).get("kid")
        key = next(each for each in keys if each.key_id == name or (name is None and len(keys) == 1))
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=SIGNATURES,
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=60,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )
        return claims


def is_verified(claims: dict[str, Any]) -> bool:
    """Whether the provider vouches for the address. Microsoft Entra ID says so in a claim of its own.

    https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
    """
    if settings.OIDC_ISSUER.startswith("https://login.microsoftonline.com/"):
        return claims.get("xms_edov") in (True, "1", "true")
    return claims.get("email_verified") is True


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> ProviderSession:
        return ProviderSession()

    def get_provider(self, request: Any, provider: Any, client_id: Any = None) -> Provider:
        return Exchange(request).get_provider()

    def on_authentication_error(self, request: HttpRequest, provider: Any, error: Any = None, **more: Any) -> None:
        log_failure(more.get("exception") or ProviderException(str(error)))
        raise ImmediateHttpResponse(back_to_login("failed"))

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Finds or makes the account. allauth then asks for its second factor, and logs the person in."""
        sociallogin.token = None
        if sociallogin.nonce != sociallogin.state.get("nonce"):
            self.on_authentication_error(request, None, "the ID token is of another login")
        is_known = sociallogin.is_existing
        user = sociallogin.user if is_known else account_for(sociallogin)
        if user.is_superuser:
            raise ImmediateHttpResponse(back_to_login("superuser"))
        if not (user.is_active and user.is_staff):
            raise ImmediateHttpResponse(back_to_login("closed"))
        if not is_known:
            sociallogin.connect(request, user)
            note_change(user, "Connected to single sign-on.")
        if request.user.is_authenticated and request.user.pk == user.pk:
            confirm(request)
            next_url = sociallogin.get_redirect_url(request) or reverse("board")
            raise ImmediateHttpResponse(HttpResponseRedirect(next_url))


def log_failure(error: Exception) -> None:
    """Only a ProviderException has words of ours. Those of others may quote a secret, a code or a token."""
    why = str(error) if isinstance(error, ProviderException) else type(error).__name__
    logger.warning("single sign-on failed: %s", harmless(why)[:200])


def account_for(sociallogin: Any) -> Any:
    """The account with the verified address, else a new one without a project. Raises ImmediateHttpResponse."""
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
    user.username, user.email, user.is_staff = email[:150], email, True
    user.first_name, user.last_name = harmless(user.first_name)[:150], harmless(user.last_name)[:150]
    user.set_unusable_password()
    return user


def accounts_of(user: Any) -> list[SocialAccount]:
    return list(SocialAccount.objects.filter(user=user, provider=settings.OIDC_ISSUER))


def within_limits(view: View) -> View:
    """404 without single sign-on; the login page, when the provider is slow, down or lies."""

    @wraps(view)
    def limited(request: HttpRequest) -> HttpResponse:
        if not settings.OIDC_ISSUER:
            raise Http404
        with exchange(PATIENCE):
            try:
                return view(request)
            except ImmediateHttpResponse as error:
                return error.response
            except EXPECTED as error:
                log_failure(error)
                return back_to_login("failed")

    return limited


@never_cache
@require_POST
@within_limits
def begin(request: HttpRequest) -> HttpResponse:
    """Leads to the provider. POST, so that no other site can begin a login."""
    response: HttpResponse = OAuth2LoginView.adapter_view(Exchange(request))(request)
    if urlsplit(response["Location"]).netloc == "":
        return response
    # Not a redirect: the answer to a form may not lead to another site, says the Content-Security-Policy.
    return render(request, "sign_in/to_provider.html", {"url": response["Location"]})


@never_cache
@require_GET
@within_limits
def come_back(request: HttpRequest) -> HttpResponse:
    """Where the provider sends people back to. The host enters this address there."""
    response: HttpResponse = OAuth2CallbackView.adapter_view(Exchange(request))(request)
    return response

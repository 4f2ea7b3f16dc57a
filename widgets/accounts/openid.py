"""Sends the requests to an OpenID Connect provider, and checks the answers.

allauth does the flow itself (authorization code with PKCE and state). This module also checks the issuer and the
signature of the ID token; `single_sign_on` compares the nonce.

https://openid.net/specs/openid-connect-core-1_0.html
"""

import time
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

import jwt
import requests
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import get_random_string

from widgets.accounts.reauthentication import RECENT
from widgets.mixpanel.answer import read_body
from widgets.mixpanel.wire import SESSION

PATIENCE = 10
"""Seconds for all requests of one login step together, so that a slow provider blocks no thread for long."""

DESCRIPTION_KEPT = 300
"""Seconds for which the provider's configuration document is cached."""

LONGEST_SUBJECT = 191
"""The length limit of the claim `sub`, in characters: the size of allauth's column `SocialAccount.uid`."""

SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class ProviderSession:
    """Sends allauth's requests with `mixpanel.wire`: one deadline, no redirects or cookies, answers of limited size."""

    def __enter__(self) -> "ProviderSession":
        return self

    def __exit__(self, *_: Any) -> None:
        """Does nothing, so that the connections stay open for the next login."""

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.request("GET", url, **options)

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        options |= {"timeout": PATIENCE, "allow_redirects": False, "stream": True}
        try:
            with SESSION.request(method, url, **options) as response:
                body = read_body(response)
        except Exception as error:  # noqa: BLE001 - sockets, TLS, urllib3; the text may hold the request
            raise ProviderException(f"the provider can't be reached: {type(error).__name__}") from None
        answer = requests.Response()
        answer.status_code, answer.headers, answer.raw = response.status_code, response.headers, BytesIO(body)
        if answer.status_code != 200:
            raise ProviderException(f"the provider answered with the HTTP status {answer.status_code}")
        return answer


class Provider(OpenIDConnectProvider):
    pkce_enabled_default = True

    def get_oauth2_adapter(self, request: HttpRequest) -> "Exchange":
        return Exchange(request)

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        """Adds a nonce. If the person is logged in already, the provider must ask the person to sign in again."""
        chosen: dict[str, Any] = super().get_redirect_from_request_kwargs(request)
        again = {"prompt": "login", "max_age": 0} if request.user.is_authenticated else {}
        nonce = get_random_string(32)
        return chosen | {"process": "login", "nonce": nonce, "auth_params": {"nonce": nonce, **again}}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return ["openid", "email", "profile"]

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Empty, so that allauth's SocialAccount stores only the subject from the provider's answer."""
        return {}


def provider_errors(read: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: turns all errors except DatabaseError into a ProviderException.

    The new exception does not repeat the error's text, which may quote a secret.
    """

    @wraps(read)
    def reading(*args: Any, **kwargs: Any) -> Any:
        try:
            return read(*args, **kwargs)
        except (ProviderException, DatabaseError):
            raise
        except Exception as error:  # noqa: BLE001 - a hostile provider may cause any
            raise ProviderException(f"the provider's answer can't be used: {type(error).__name__}") from None

    return reading


class Exchange(OpenIDConnectOAuth2Adapter):
    """Sends the requests of one login step to the provider, and checks the answers."""

    get_access_token_data = provider_errors(OpenIDConnectOAuth2Adapter.get_access_token_data)
    parse_token = provider_errors(OpenIDConnectOAuth2Adapter.parse_token)

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, settings.OIDC_ISSUER)

    def get_provider(self) -> Provider:
        app = SocialApp(
            provider="openid_connect",
            # The issuer is part of the stored identity, because two issuers can give two people the same subject.
            provider_id=settings.OIDC_ISSUER,
            name="single sign-on",
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": f"{settings.OIDC_ISSUER.rstrip('/')}/.well-known/openid-configuration"},
        )
        return Provider(self.request, app=app)

    @property
    @provider_errors
    def openid_config(self) -> dict[str, Any]:
        key = f"openid:{settings.OIDC_ISSUER}"
        config: dict[str, Any] = cache.get(key) or super().openid_config
        if config["issuer"] != settings.OIDC_ISSUER:
            raise ProviderException("the provider's issuer is not OIDC_ISSUER")
        secure = settings.OIDC_ISSUER.startswith("https:")
        for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"):
            if secure and not str(config.get(name, "https:")).startswith("https:"):
                raise ProviderException(f"the provider's {name} is not an https address")
        cache.add(key, config, DESCRIPTION_KEPT)
        return config

    @property
    def basic_auth(self) -> bool:
        """True if MixCyfe must send the client secret by HTTP Basic, the default of OpenID Connect.

        False if the provider accepts the secret by `client_secret_post`.
        """
        return "client_secret_post" not in self.openid_config.get("token_endpoint_auth_methods_supported", ())

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return f"{settings.SITE_URL}{reverse('openid_connect_callback')}"

    @provider_errors
    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """The person's SocialLogin. The e-mail address comes from the ID token, or else from the userinfo endpoint."""
        claims = self.claims_of(kwargs["response"]["id_token"])
        if "email" not in claims:
            more = self._fetch_user_info(token.token)
            if more.get("sub") != claims["sub"]:
                raise ProviderException("the subject (sub) of the userinfo differs from the ID token's")
            claims = {**more, **claims}
        if len(claims["sub"]) > LONGEST_SUBJECT:
            raise ProviderException("the subject (sub) in the ID token is too long")
        if time.time() - claims.get("auth_time", time.time()) > RECENT and request.user.is_authenticated:
            raise ProviderException("the provider did not ask the person to sign in again")
        login = self.get_provider().sociallogin_from_response(request, {"id_token": claims})
        login.is_verified, login.nonce = is_verified(claims), claims.get("nonce")
        return login

    def claims_of(self, id_token: str) -> dict[str, Any]:
        """Raises jwt.PyJWTError if the token is invalid: for example if it has expired or has a wrong signature.

        Raises StopIteration if the provider does not publish the token's key.
        """
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
    """True if the provider has verified the e-mail address. Microsoft Entra ID has its own claim for this.

    https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
    """
    if settings.OIDC_ISSUER.startswith("https://login.microsoftonline.com/"):
        return claims.get("xms_edov") in (True, "1", "true")
    return claims.get("email_verified") is True

"""Adapts allauth to MixCyfe: removes the sign-up page, and encrypts the secrets of second factors."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from widgets.accounts import reauthentication, second_factor_page
from widgets.accounts.client import client_network
from widgets.models.encrypted import Encrypted, encrypt

BACKEND = "django.contrib.auth.backends.ModelBackend"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:login')}?closed")

    def pre_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse | None:
        second_factor_page.begin(request, user)
        refusal: HttpResponse | None = super().pre_login(request, user, **options)
        return refusal

    def login(self, request: HttpRequest, user: Any) -> None:
        login(request, user, backend=BACKEND)
        second_factor_page.end(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Does nothing, because MixCyfe's pages have their own texts."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_network(request)

    def is_safe_url(self, url: str) -> bool:
        return url_has_allowed_host_and_scheme(url, {context.request.get_host()}, context.request.is_secure())

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        return not reauthentication.is_recent(context.request)


class SecondFactorAdapter(DefaultMFAAdapter):
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is wrong or was used already. Enter the next code that your app shows.",
    }

    def encrypt(self, text: str) -> str:
        return encrypt(text).token

    def decrypt(self, encrypted_text: str) -> str:
        return Encrypted(encrypted_text).reveal()

    def get_totp_issuer(self) -> str:
        return f"MixCyfe {settings.SITE_HOST}"

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}"

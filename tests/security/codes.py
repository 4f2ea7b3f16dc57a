"""Second factors in tests: an authenticator app, a passkey, and logins with a password and a code."""

import re
import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

LOGIN, SECOND = "/admin/login/", "/admin/login/second-factor/"
PASSWORD = "a long password"


class Phone:
    """An authenticator app that has the key of one account."""

    def __init__(self, secret: str) -> None:
        self.secret = secret

    def code(self, later: int = 0) -> str:
        return format_hotp_value(hotp_value(self.secret, int(time.time()) // 30 + later))


def phone_of(user: Any) -> Phone:
    """Gives the account a second factor and recovery codes. Returns the authenticator app."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return Phone(secret)


def passkey_of(user: Any) -> Authenticator:
    """Gives the account a passkey. Nobody can log in with it, because its private key is not kept."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    made = AttestedCredentialData.create(b"\0" * 16, b"passkey", key)
    data = AuthenticatorData.create(b"\0" * 32, AuthenticatorData.FLAG.AT, 0, made)
    credential = {
        "id": websafe_encode(b"passkey"),
        "rawId": websafe_encode(b"passkey"),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(CollectedClientData.create("webauthn.create", b"x", "https://x.example")),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }
    stored = {"name": "Passkey 1", "credential": credential}
    return Authenticator.objects.create(user=user, type="webauthn", data=stored)


def recovery_codes(user: Any) -> list[str]:
    codes: list[str] = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()
    return codes


def post_password(name: str, password: str = PASSWORD, client: Client | None = None, **more: Any) -> Any:
    return (client or Client()).post(LOGIN, {"username": name, "password": password}, **more)


def half_way(name: str, **client: Any) -> Client:
    """A browser that has sent the right password, but not yet the code."""
    browser = Client(**client)
    assert post_password(name, client=browser)["Location"] == SECOND
    return browser


def is_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())

"""Single sign-on with a provider that sends wrong or forged answers: nobody is logged in."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import responses
import time_machine
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from tests.accounts.test_single_sign_on import to_provider
from tests.security.codes import is_in

pytestmark = pytest.mark.django_db

ISSUER = "https://login.example.com"
CONFIG = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/keys",
}
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
PUBLIC = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "1", "alg": "RS256"}
Claims = dict[str, Any]


@pytest.fixture(autouse=True)
def wire(settings: Any) -> Iterator[responses.RequestsMock]:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = ISSUER, "mixcyfe", "a-secret"
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        wire.get(f"{ISSUER}/.well-known/openid-configuration", json=CONFIG)
        wire.get(f"{ISSUER}/keys", json={"keys": [PUBLIC]})
        yield wire


def signed(claims: Claims) -> str:
    return jwt.encode(claims, KEY, "RS256", {"kid": "1"})


def come_back(wire: responses.RequestsMock, sign: Callable[[Claims], Any] = signed, **changed: Any) -> bool:
    """Tries to log in with a token that has these claims and this signature. Returns True if that succeeds."""
    client = Client()
    asked = parse_qs(urlsplit(to_provider(client)).query)
    claims = {"iss": ISSUER, "aud": "mixcyfe", "sub": "1", "iat": time.time(), "exp": time.time() + 60}
    claims |= {"nonce": asked["nonce"][0], "email": "ada@example.com", "email_verified": True} | changed
    claims = {name: value for name, value in claims.items() if value is not None}
    wire.post(f"{ISSUER}/token", json={"access_token": "x", "token_type": "bearer", "id_token": sign(claims)})
    answer = client.get(f"/sign-on/back/?code=c&state={asked['state'][0]}")
    assert answer.status_code == 302
    return is_in(client)


def test_a_valid_token_logs_in(wire: responses.RequestsMock) -> None:
    assert come_back(wire)


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example.com"},
        {"aud": "another-client"},
        {"exp": 1},
        {"exp": None},
        {"nonce": "of another login"},
        {"nonce": None},
        {"sub": None},
        {"sub": "x" * 300},
        {"email_verified": "true"},
        {"email": ["ada@example.com"]},
        {"email": "not an address"},
        {"email": None},
    ],
)
def test_a_wrong_claim_logs_nobody_in(wire: responses.RequestsMock, changed: Claims) -> None:
    wire.get(f"{ISSUER}/userinfo", json={"sub": "2", "email": "ada@example.com", "email_verified": True})
    assert not come_back(wire, **changed)


@pytest.mark.parametrize(
    "sign",
    [
        lambda claims: jwt.encode(claims, OTHER_KEY, "RS256", {"kid": "1"}),
        lambda claims: jwt.encode(claims, OTHER_KEY, "RS256", {"kid": "2"}),
        lambda claims: jwt.encode(claims, None, "none", {"kid": "1"}),
        lambda claims: jwt.encode(claims, PUBLIC["n"], "HS256", {"kid": "1"}),
        lambda claims: f"{signed(claims)[:-4]}AAAA",
        lambda claims: "no.token",
        lambda claims: None,
        lambda claims: [signed(claims)],
    ],
)
def test_a_wrong_signature_or_no_token_logs_nobody_in(
    wire: responses.RequestsMock, sign: Callable[[Claims], Any]
) -> None:
    assert not come_back(wire, sign)


@pytest.mark.parametrize(
    "answer",
    [
        {"body": "<html>"},
        {"json": []},
        {"json": {**CONFIG, "token_endpoint": "http://login.example.com/token"}},
        {"json": {**CONFIG, "issuer": None}},
        {"status": 500},
        {"status": 302, "headers": {"Location": "http://127.0.0.1/"}},
        {"body": "[" * 9999},
    ],
)
def test_a_provider_with_a_wrong_description_is_not_used(wire: Any, answer: Any) -> None:
    wire.replace(responses.GET, f"{ISSUER}/.well-known/openid-configuration", **answer)
    assert to_provider(Client()) == "/admin/login/?failed="


def test_the_description_is_read_again_after_five_minutes_although_it_is_in_use(wire: responses.RequestsMock) -> None:
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as clock:
        for _ in range(3):
            assert to_provider(Client()).startswith(CONFIG["authorization_endpoint"])
            clock.shift(200)
    assert wire.assert_call_count(f"{ISSUER}/.well-known/openid-configuration", 2)

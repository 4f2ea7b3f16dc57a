"""Single sign-on with a test provider (oidc-provider-mock), and with providers that are wrong, slow or dead."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.accounts.test_second_factor import everything_stored
from tests.security.codes import SECOND, is_in, phone_of, text_of
from tests.security.conftest import Team
from widgets.accounts import openid
from widgets.models import AccountSecurity, AuditEntry

oidc_provider_mock = pytest.importorskip("oidc_provider_mock")
pytestmark = pytest.mark.django_db

SECRET = "client-secret-c0ffee-0123456789"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def issuer(provider: str, settings: Any) -> str:
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = provider, "mixcyfe", SECRET
    return provider


def person(issuer: str, sub: str = "ada-1", **claims: Any) -> str:
    """Adds a person to the provider. Returns the provider's id of the person (`sub`)."""
    claims = {"email": "Ada@Example.com", "email_verified": True, "given_name": "Ada", "family_name": "Byron"} | claims
    assert requests.put(f"{issuer}/users/{sub}", json=claims, timeout=10).ok
    return sub


def to_provider(client: Client, **form: str) -> str:
    """Begins a login. Returns the address at the provider, or the login page's address if MixCyfe refuses."""
    page = client.post("/sign-on/", form)
    found = re.search(r'content="0;url=([^"]+)"', page.content.decode())
    return unescape(found[1]) if found else page["Location"]


def back_from(address: str, sub: str) -> str:
    """Logs in at the provider. Returns the path and query to which the provider then redirects the browser."""
    answer = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=10)
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "http://testserver/sign-on/back/"
    return f"{parts.path}?{parts.query}"


def sign_on(sub: str, client: Client | None = None, **form: str) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.get(back_from(to_provider(client, **form), sub))


def test_the_login_offers_it_where_it_is_set_up(settings: Any, client: Client) -> None:
    assert "single sign-on" not in text_of(client.get("/admin/login/"))
    assert client.post("/sign-on/").status_code == 404
    settings.OIDC_ISSUER = "https://login.example.com"
    assert "Log in with single sign-on" in text_of(client.get("/admin/login/"))


def test_the_request_has_a_state_and_a_code_challenge(issuer: str) -> None:
    asked = parse_qs(urlsplit(to_provider(Client())).query)
    assert (asked["client_id"], asked["code_challenge_method"], asked["response_type"]) == (
        ["mixcyfe"], ["S256"], ["code"],
    )  # fmt: skip
    assert len(asked["state"][0]) >= 16
    assert "prompt" not in asked


def test_a_new_person_gets_an_account_without_a_project(issuer: str, acme: Team) -> None:
    client, answer = sign_on(person(issuer))
    assert answer["Location"] == "/"
    assert AuditEntry.objects.get(action="signed_in").details.startswith("With single sign-on; ")
    assert "Acme" not in text_of(client.get("/"))
    user = get_user_model().objects.get(username="ada@example.com")
    assert (user.get_full_name(), user.is_superuser) == ("Ada Byron", False)
    assert not user.has_usable_password()
    assert not user.mixpanel_projects.exists()
    sign_on("ada-1")
    assert get_user_model().objects.filter(email="ada@example.com").count() == 1


def test_a_person_is_matched_by_a_verified_address(issuer: str, acme: Team, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    client, answer = sign_on(person(issuer, email="ACME-viewer@example.com"), next="/shared/")
    assert answer["Location"] == "/shared/"
    assert "Acme signups" in text_of(client.get("/"))
    assert "Single sign-on" in text_of(client.get("/account/"))
    assert "Connected to single sign-on" in mail.outbox[0].body
    person(issuer, email="moved@example.com")
    client, _ = sign_on("ada-1")
    assert "Acme signups" in text_of(client.get("/")), "later logins match the provider's id, not the address"


@pytest.mark.parametrize("verified", [False, None, "false", "true", 1])
def test_an_unverified_address_matches_nobody(issuer: str, acme: Team, verified: Any) -> None:
    people = get_user_model().objects.count()
    client, answer = sign_on(person(issuer, f"sub-{verified}", email=acme.viewer.email, email_verified=verified))
    assert "has not verified" in text_of(client.get(answer["Location"]))
    assert not is_in(client)
    assert (get_user_model().objects.count(), SocialAccount.objects.count()) == (people, 0)


def test_closed_accounts_superusers_and_unclear_addresses_can_not_log_in(
    issuer: str, acme: Team, superuser: Any, make_user: Any
) -> None:
    type(acme.viewer).objects.filter(pk=acme.viewer.pk).update(is_active=False)
    make_user("twin-1", email="twin@example.com")
    make_user("twin-2", email="Twin@example.com")
    make_user("taken@example.com", email="elsewhere@example.com")
    cases = {
        acme.viewer.email: "closed",
        superuser.email: "Superusers",
        "twin@example.com": "which account belongs",
        "taken@example.com": "which account belongs",
    }
    for i, (email, said) in enumerate(cases.items()):
        client, answer = sign_on(person(issuer, f"hostile-{i}", email=email))
        assert said in text_of(client.get(answer["Location"]))
        assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_people_who_become_superusers_or_leave_can_not_log_in_again(issuer: str) -> None:
    sign_on(person(issuer))
    for change in ({"is_superuser": True}, {"is_superuser": False, "is_active": False}):
        get_user_model().objects.update(**change)
        client, _ = sign_on("ada-1")
        assert not is_in(client)


def test_it_does_not_replace_the_second_factor(issuer: str, acme: Team) -> None:
    phone = phone_of(acme.viewer)
    client, answer = sign_on(person(issuer, email=acme.viewer.email))
    assert answer["Location"] == SECOND
    assert not is_in(client)
    client.post(SECOND, {"code": phone.code()})
    assert is_in(client)
    assert Authenticator.objects.filter(user=acme.viewer).exists()


def test_people_of_another_issuer_are_other_people(issuer: str, settings: Any) -> None:
    sign_on(person(issuer, email="ada@example.com"))
    SocialAccount.objects.update(provider="https://the.old.one.example")
    get_user_model().objects.update(email="changed@example.com", username="changed")
    sign_on("ada-1")
    assert SocialAccount.objects.values("user").distinct().count() == 2


def test_forged_returns_from_the_provider_log_nobody_in(issuer: str, acme: Team) -> None:
    person(issuer, email=acme.viewer.email)
    client, thief = Client(), Client()
    way = back_from(to_provider(client), "ada-1")
    to_provider(thief)
    state = parse_qs(urlsplit(way).query)["state"][0]
    tries = [
        (thief, way),
        (client, way.replace(state, "x" * 16)),
        (client, "/sign-on/back/"),
        (client, f"/sign-on/back/?error=access_denied&error_description=%3Cscript%3E&state={state}"),
        (client, way),
    ]
    for browser, address in tries:
        answer = browser.get(address)
        assert answer["Location"] == "/admin/login/?failed=", address
        assert not is_in(browser)
    again = Client()
    wrong = re.sub(r"code=[^&]+", "code=guessed", back_from(to_provider(again), "ada-1"))
    assert again.get(wrong)["Location"] == "/admin/login/?failed="


def test_an_issuer_other_than_the_setting_is_refused(issuer: str, settings: Any, caplog: Any) -> None:
    settings.OIDC_ISSUER = f"{issuer}/"
    assert to_provider(Client()) == "/admin/login/?failed="
    assert "issuer is not OIDC_ISSUER" in caplog.text


@pytest.fixture
def slow() -> Iterator[str]:
    """The address of a provider that sends one byte per 50 ms."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                while not over.wait(0.05):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        break

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    over.set()
    listening.close()


def test_a_slow_or_dead_provider_blocks_nobody(issuer: str, settings: Any, slow: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(openid, "PATIENCE", 0.4)
    for settings.OIDC_ISSUER in (slow, "http://127.0.0.1:9", "http://no.such.host.invalid"):
        began = time.monotonic()
        assert to_provider(Client()) == "/admin/login/?failed="
        assert time.monotonic() - began < 2


def test_signing_in_again_uses_the_provider(issuer: str, acme: Team) -> None:
    person(issuer)
    client, _ = sign_on("ada-1")
    session = client.session
    session["signed_in_at"] -= 700
    session.save()
    page = text_of(client.get("/account/app/"))
    assert "Sign in again with single sign-on" in page
    asked = to_provider(client, next="/account/app/")
    assert parse_qs(urlsplit(asked).query)["prompt"] == ["login"]
    auth_hash = client.session["_auth_user_hash"]
    assert client.get(back_from(asked, "ada-1"))["Location"] == "/account/app/"
    assert "Scan this picture" in text_of(client.get("/account/app/"))
    assert client.session["_auth_user_hash"] == auth_hash


def test_the_secret_appears_nowhere(issuer: str, caplog: Any, acme: Team) -> None:
    caplog.set_level("DEBUG")
    phone_of(acme.viewer)
    client, answer = sign_on(person(issuer, email=acme.viewer.email))
    client.get(back_from(to_provider(client), "ada-1").replace("code=", "code=x"))
    pages = "".join(text_of(client.get(path)) for path in ("/admin/login/", SECOND))
    assert answer.status_code == 302
    for text in (caplog.text, pages, everything_stored()):
        assert SECRET not in text


def test_people_who_must_set_up_a_second_factor_can_sign_in_again(
    issuer: str, acme: Team, settings: Any, log_in: Any
) -> None:
    sign_on(person(issuer, email="acme-lead@example.com"))
    settings.REQUIRE_SECOND_FACTOR = True
    acme.lead.set_unusable_password()
    acme.lead.save()
    client = log_in(acme.lead)
    client.get("/")
    AccountSecurity.objects.update(second_factor_asked_at=timezone.now() - timedelta(days=8))
    session = client.session
    session["signed_in_at"] = int(time.time()) - 601
    session.save()
    assert "Confirm that it is you" in text_of(client.get("/account/app/"))
    _, answer = sign_on("ada-1", client, next="/account/app/")
    assert answer["Location"] == "/account/app/"
    assert "Scan this picture" in text_of(client.get("/account/app/"))

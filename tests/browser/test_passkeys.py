"""Passkeys in Chromium with a virtual authenticator: as second factor, without a password, and to sign in again."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AbstractUser

from tests.browser.conftest import OpenPage, follow
from widgets.models import Session

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_passkeys(page: Any) -> Any:
    """Gives the window a virtual device for passkeys, which confirms every request by itself."""
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return device


def press(page: Any, button: str) -> None:
    follow(page.get_by_role("button", name=button, exact=True))


def add_passkey(page: Any, *, alone: bool) -> None:
    page.goto("/account/passkeys/add/")
    if alone:
        page.get_by_label("Log in with this passkey alone").check()
    press(page, "Add the passkey")
    assert page.locator(".codes li").count() == 10
    page.goto("/account/")
    page.get_by_text("Passkey 1", exact=True).wait_for()


def log_in(page: Any) -> None:
    page.goto("/admin/login/")
    page.get_by_label("Username:").fill("boss")
    page.get_by_label("Password:").fill("a long password")
    press(page, "Log in")


def test_a_passkey_is_the_second_step_and_signs_in_again(open_page: OpenPage, boss: AbstractUser) -> None:
    page = open_page("/account/", boss, own=True)
    with_passkeys(page)
    add_passkey(page, alone=False)
    press(page, "Log out")
    log_in(page)
    assert page.url.endswith("/admin/login/second-factor/")
    press(page, "Use your passkey")
    page.get_by_text("Your account", exact=True).wait_for()
    assert Authenticator.objects.get(type="webauthn").last_used_at
    session = Session.objects.get(user=boss)
    data = session.get_decoded()
    data["signed_in_at"] -= 700
    store = Session.get_session_store_class()()
    Session.objects.filter(pk=session.pk).update(session_data=store.encode(data))
    page.goto("/account/app/")
    page.get_by_role("heading", name="Sign in again").wait_for()
    press(page, "Use your passkey")
    page.get_by_text("Scan this picture").wait_for()


def test_a_passkey_logs_in_alone(open_page: OpenPage, boss: AbstractUser) -> None:
    page = open_page("/account/", boss, own=True)
    with_passkeys(page)
    add_passkey(page, alone=True)
    press(page, "Log out")
    page.goto("/admin/login/?next=/shared/")
    press(page, "Log in with a passkey")
    page.wait_for_url("**/shared/")


def test_it_says_that_a_passkey_was_refused(open_page: OpenPage, boss: AbstractUser) -> None:
    page = open_page("/admin/login/", own=True)
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": KEY | {"isUserVerified": False}})
    page.get_by_role("button", name="Log in with a passkey").click()
    page.get_by_text("The passkey was not used").wait_for()

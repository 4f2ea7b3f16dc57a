"""Single sign-on in Chromium: the Content-Security-Policy allows the redirects to the provider and back."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.browser.conftest import OpenPage, follow

oidc_provider_mock = pytest.importorskip("oidc_provider_mock")
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def provider(settings: Any) -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread() as server:
        settings.OIDC_ISSUER = f"http://localhost:{server.server_port}"
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "mixcyfe", "a-secret-of-the-client"
        yield settings.OIDC_ISSUER


def test_a_person_logs_in_at_the_provider_and_comes_back(provider: str, open_page: OpenPage, site: str) -> None:
    claims = {"email": "ada@example.com", "email_verified": True, "given_name": "Ada"}
    assert requests.put(f"{provider}/users/ada-1", json=claims, timeout=10).ok
    open_page.expected = ["Failed to load resource"]  # a style sheet of the provider's page
    page = open_page("/admin/login/?next=/account/", own=True)
    page.get_by_role("button", name="Log in with single sign-on").click()
    page.wait_for_url(f"{provider}/**")
    page.locator("input[name=sub]").first.fill("ada-1")
    follow(page.locator("button, input[type=submit]").first)
    page.wait_for_url(f"{site}/account/")
    page.get_by_text("ada@example.com").wait_for()

"""Signing in again before credentials, people or addresses change: when it is required, and that no input is lost."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.security.codes import PASSWORD, passkey_of, phone_of, text_of
from tests.security.conftest import Team
from tests.security.marker import SECRET, found_in
from widgets.models import Project, Session, Widget

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

ASKED = "Confirm that it is you"


@pytest.fixture
def late(superuser: Any, log_in: Any, clock: Any) -> Client:
    """The browser of a superuser who logged in more than ten minutes ago."""
    client: Client = log_in(superuser)
    clock.shift(timedelta(minutes=10, seconds=1))
    return client


def project_form(project: Project, **values: str) -> dict[str, Any]:
    names = ("name", "region", "project_id", "timezone", "engine", "auth", "username", "hourly_limit")
    form = {name: getattr(project, name) for name in (*names, "concurrent_limit", "refresh_minutes")}
    return form | {"new_secret": ""} | values


def hidden_in(response: Any) -> list[tuple[str, str]]:
    """Returns the hidden fields of the form that asks for the password, as (name, value)."""
    form = re.search(r'<form method="post" action="[^"]*" autocomplete.*?</form>', response.content.decode(), re.DOTALL)
    assert form, text_of(response)
    found = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form[0])
    return [(name, unescape(value)) for name, value in found if name != "csrfmiddlewaretoken"]


def go_on(client: Client, address: str, asked: Any, **proof: str) -> Any:
    """Sends the form on the page `asked`, by default with the right password."""
    fields: dict[str, list[str]] = {}
    for name, value in hidden_in(asked):
        fields.setdefault(name, []).append(value)
    return client.post(address, fields | (proof or {"again-password": PASSWORD}))


def test_a_new_secret_waits_for_the_password_and_is_not_lost(late: Client, acme: Team) -> None:
    address = f"/admin/widgets/project/{acme.project.pk}/change/"
    asked = late.post(address, project_form(acme.project, new_secret=SECRET, name="Renamed"))
    assert ASKED in text_of(asked)
    assert "no-store" in asked["Cache-Control"]
    acme.project.refresh_from_db()
    assert acme.project.name == "Acme"
    assert not found_in(str([row.get_decoded() for row in Session.objects.all()]).encode())
    wrong = go_on(late, address, asked, **{"again-password": "wrong"})
    assert "code or passkey was wrong" in text_of(wrong)
    assert go_on(late, address, wrong).status_code == 302
    acme.project.refresh_from_db()
    assert (acme.project.name, acme.project.secret.reveal()) == ("Renamed", SECRET)


def test_other_settings_of_a_project_need_no_password(late: Client, acme: Team) -> None:
    address = f"/admin/widgets/project/{acme.project.pk}/change/"
    assert late.get(address).status_code == 200
    assert late.post(address, project_form(acme.project, refresh_minutes="30")).status_code == 302
    assert ASKED in text_of(late.post(address, project_form(acme.project, username="another")))


def test_the_password_is_asked_once_in_ten_minutes(late: Client, acme: Team, clock: Any) -> None:
    address = f"/admin/widgets/project/{acme.project.pk}/change/"
    form = project_form(acme.project, new_secret="anew")
    go_on(late, address, late.post(address, form))
    clock.shift(timedelta(minutes=9))
    assert late.post(address, form).status_code == 302
    clock.shift(timedelta(minutes=2))
    assert ASKED in text_of(late.post(address, form))


def test_replacing_addresses_needs_the_password(late: Client, acme: Team) -> None:
    slug = acme.widget.slug
    form = {"action": "replace_address", "_selected_action": [str(acme.widget.pk)], "confirmed": "yes"}
    asked = late.post("/admin/widgets/widget/", form)
    assert Widget.objects.get(pk=acme.widget.pk).slug == slug
    assert "New addresses" in text_of(go_on(late, "/admin/widgets/widget/", asked))
    assert Widget.objects.get(pk=acme.widget.pk).slug != slug


def test_changing_people_and_receivers_of_notices_needs_the_password(late: Client, acme: Team) -> None:
    person, project = acme.viewer.pk, f"/admin/widgets/project/{acme.project.pk}"
    pages = ["/admin/auth/user/add/", f"/account/{person}/remove-second-factor/"]
    pages += [f"/admin/auth/user/{person}/{name}/" for name in ("change", "leave", "link", "password")]
    pages += [f"{project}/members/{person}/{name}/" for name in ("role", "link", "remove")]
    for page in (*pages, f"{project}/members/", f"{project}/notices/"):
        assert ASKED in text_of(late.post(page)), page
    assert ASKED not in text_of(late.get(f"{project}/notices/"))


def test_a_page_with_secrets_asks_before_it_opens(late: Client) -> None:
    asked = late.get("/account/app/")
    assert ASKED in text_of(asked)
    assert "Scan this picture" not in text_of(asked)
    assert go_on(late, "/account/app/", asked)["Location"] == "/account/app/"
    assert "Scan this picture" in text_of(late.get("/account/app/"))


def test_guesses_are_limited_for_a_quarter_of_an_hour(late: Client, clock: Any) -> None:
    asked = late.get("/account/app/")
    answers = [go_on(late, "/account/app/", asked, **{"again-password": f"{i}"}).status_code for i in range(12)]
    assert answers == [200] * 9 + [429] * 3
    assert go_on(late, "/account/app/", asked).status_code == 429
    clock.shift(timedelta(minutes=15, seconds=1))
    assert go_on(late, "/account/app/", asked).status_code == 302


def test_people_without_a_password_enter_a_code(late: Client, superuser: Any) -> None:
    phone = phone_of(superuser)
    type(superuser).objects.update(password="!none")
    superuser.refresh_from_db()
    client = Client()
    client.force_login(superuser, backend="django.contrib.auth.backends.ModelBackend")
    with time_machine.travel("2026-11-23T10:30:00+00:00", tick=False):
        asked = client.get("/account/app/remove/")
        assert "Code from your app" in text_of(asked)
        assert go_on(client, "/account/app/remove/", asked, **{"again-code": phone.code()}).status_code == 302


def test_an_invalid_passkey_gets_a_message_about_passkeys(late: Client, superuser: Any) -> None:
    passkey_of(superuser)
    asked = late.get("/account/app/")
    for credential in ("{", '{"id": 1}', '{"id":"AA","rawId":"AA","response":{},"type":"public-key"}'):
        answer = text_of(go_on(late, "/account/app/", asked, **{"again-credential": credential}))
        assert "passkey" in re.search('"errornote">([^<]*)', answer)[1], credential

"""Protection against attacks from the internet: headers, host names, size limits, logins, sessions, errors and logs."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone

from mixcyfe_site.logs import OneLine
from tests.security.conftest import Team
from widgets.accounts.client import client_address
from widgets.web.middleware import POLICY

pytestmark = pytest.mark.django_db


HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


def fail(request: Any) -> None:
    raise RuntimeError("something with a value in it")


class FailingUrls:
    urlpatterns = [path("fails/", fail)]


PAGES = ["/", "/admin/", "/admin/login/", "/admin/widgets/widget/", "/admin/widgets/widget/add/", "/no/such/page"]
PAGES += ["/admin/widgets/project/", "/admin/auth/user/", "/healthz", "/welcome/MQ/x/", "/static/widgets/plain.css"]


def test_pages_have_the_headers_and_no_inline_scripts(acme: Team, superuser: Any, log_in: Any) -> None:
    for who, client in (("a stranger", Client()), ("a superuser", log_in(superuser))):
        for page in PAGES:
            response = client.get(page)
            assert {name: response[name] for name in HEADERS} == HEADERS, f"{page} as {who}"
            assert ("no-store" in response["Cache-Control"]) is not page.startswith("/static/"), f"{page} as {who}"
            if response["Content-Type"].startswith("text/html"):
                text = b"".join(response).decode()
                found = [part for part in ("<script>", "style=", "onclick") if part in text]
                assert not found, f"{page} as {who}"


@pytest.mark.parametrize("format", ["csv", "json"])
def test_answers_for_machines_run_nothing_and_set_no_cookie(acme: Team, client: Client, format: str) -> None:
    for method in (client.get, client.post):
        response = method(f"/w/{acme.widget.slug}.{format}")
        assert response["Content-Security-Policy"].endswith("sandbox")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies
        assert "Vary" not in response


@pytest.mark.parametrize("address", ["/", "/admin/login/", "/w/xxxxxxxxxxxxxxxxxxxxxxxx.csv", "/healthz"])
@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "a b", ""])
def test_it_answers_only_to_its_own_host_names(client: Client, address: str, host: str) -> None:
    response = client.get(address, headers={"Host": host})
    assert response.status_code == 400
    assert {name: response[name] for name in HEADERS} == HEADERS
    assert "evil" not in response.content.decode()


@pytest.mark.parametrize(("host", "status"), [("evil.example", 400), ("testserver", 301)])
def test_the_redirect_to_https_has_the_headers(client: Client, settings: Any, host: str, status: int) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/admin/login/", headers={"Host": host})
    assert response.status_code == status
    assert {name: response[name] for name in HEADERS} == HEADERS


def test_the_page_after_a_bug_needs_no_database_and_shows_nothing(settings: Any, django_db_blocker: Any) -> None:
    settings.ROOT_URLCONF = FailingUrls
    client = Client(raise_request_exception=False)
    with django_db_blocker.block():
        response = client.get("/fails/")
    assert response.status_code == 500
    assert {name: response[name] for name in HEADERS} == HEADERS
    text = response.content.decode()
    assert "Something went wrong" in text
    assert "RuntimeError" not in text
    assert "value in it" not in text


def test_the_error_pages_repeat_nothing_of_the_request(client: Client, acme: Team, log_in: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    for response in (
        client.get("/no/<script>alert(1)</script>"),
        log_in(acme.viewer).get("/admin/widgets/widget/add/?x=<script>alert(1)"),
        strict.post("/admin/login/?next=<script>alert(1)", {"username": "<script>alert(1)"}),
    ):
        assert response.status_code in (403, 404)
        assert "alert" not in response.content.decode()
        assert "<h1>" in response.content.decode()


@pytest.mark.parametrize("address", ["/admin/login/", "/admin/widgets/widget/preview/", "/w/x.csv", "/"])
def test_it_reads_no_body_that_is_too_large(client: Client, settings: Any, address: str) -> None:
    too_long = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    response = client.generic(
        "POST", address, b"", "multipart/form-data; boundary=x", headers={"Content-Length": too_long}
    )
    assert response.status_code == 413
    assert response["Content-Security-Policy"]


def test_it_refuses_files_and_too_many_fields(client: Client) -> None:
    file = ("/admin/login/", {"username": "x", "file": Path(__file__).open("rb")})  # noqa: SIM115 - Django's client closes it
    many = ("/admin/login/", {f"field{i}": "" for i in range(3000)})
    for address, data in (file, many):
        assert client.post(address, data).status_code == 400


def log_in_wrongly(client: Client, username: str = "root", **headers: str) -> Any:
    return client.post("/admin/login/", {"username": username, "password": "wrong"}, headers=headers)


def test_it_locks_out_people_who_guess_passwords(superuser: Any, client: Client, settings: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        response = log_in_wrongly(client)
    assert response.status_code == 429
    assert "Too many attempts" in response.content.decode()
    assert {name: response[name] for name in HEADERS} == HEADERS
    right = {"username": "root", "password": "a long password"}
    assert client.post("/admin/login/", right).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.9")
    assert elsewhere.post("/admin/login/", right).status_code == 302, "the same name can log in elsewhere"
    assert log_in_wrongly(client, "somebody else").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert client.post("/admin/login/", right).status_code == 302


def test_behind_a_proxy_it_locks_out_the_visitor_and_not_the_proxy(superuser: Any, settings: Any) -> None:
    settings.TRUST_PROXY = True
    for i in range(settings.AXES_FAILURE_LIMIT):
        forged = {"X-Forwarded-For": f"10.0.0.{i}, 203.0.113.5"}
        response = log_in_wrongly(Client(), **forged)
    assert response.status_code == 429
    assert log_in_wrongly(Client(), **{"X-Forwarded-For": "203.0.113.6"}).status_code == 200


def test_without_a_proxy_a_forged_address_helps_nobody(superuser: Any, settings: Any) -> None:
    for i in range(settings.AXES_FAILURE_LIMIT):
        response = log_in_wrongly(Client(), **{"X-Forwarded-For": f"203.0.113.{i}"})
    assert response.status_code == 429


def test_the_lockout_is_the_same_for_names_that_do_not_exist(superuser: Any, settings: Any) -> None:
    answers = []
    for name in ("root", "nobody"):
        for _ in range(settings.AXES_FAILURE_LIMIT):
            response = log_in_wrongly(Client(), name)
        answers.append((response.status_code, response.content))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("unknown", "192.0.2.1"),
        ("'; drop table", "192.0.2.1"),
        ("", "192.0.2.1"),
    ],
)
def test_it_uses_only_valid_addresses_of_a_trusted_proxy(settings: Any, header: str, address: str) -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": header}, REMOTE_ADDR="192.0.2.1")
    settings.TRUST_PROXY = True
    assert client_address(request) == address
    settings.TRUST_PROXY = False
    assert client_address(request) == "192.0.2.1"


def test_a_session_ends_with_a_logout_and_after_a_day(superuser: Any, log_in: Any, settings: Any) -> None:
    client, other = log_in(superuser), log_in(superuser)
    other.post("/admin/logout/")
    assert (client.get("/").status_code, other.get("/").status_code) == (200, 302)
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)):
        assert client.get("/").status_code == 302


def test_a_stolen_backup_logs_nobody_in(superuser: Any, log_in: Any) -> None:
    client = log_in(superuser)
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_key FROM widgets_session")
        stored = [key for (key,) in cursor.fetchall()]
    assert len(stored) == 1
    assert client.cookies["sessionid"].value not in stored
    thief = Client()
    thief.cookies["sessionid"] = stored[0]
    assert thief.get("/").status_code == 302
    assert client.get("/").status_code == 200


def test_unknown_addresses_leave_no_line_in_the_log(client: Client, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    for i in range(20):
        client.get(f"/w/{'A' * 24}{i}.csv")
        client.post(f"/w/{'A' * 24}{i}.csv")
        client.get("/w/x.csv", headers={"Host": "evil.example"})
    assert caplog.records == []


def test_no_text_forges_a_line_in_the_log() -> None:
    forged = "Acme\n2026-01-01 ERROR forged\x1b[2J\u2028\u202eend"
    for record in (
        logging.LogRecord("widgets", logging.INFO, "", 0, "project %s", (forged,), None),
        logging.LogRecord(f"x{forged}", logging.INFO, "", 0, forged, (), None),
    ):
        line = OneLine("%(levelname)s %(name)s %(message)s").format(record)
        assert line.isprintable(), line
    try:
        raise ValueError(forged)  # noqa: TRY301
    except ValueError as error:
        record = logging.LogRecord(
            "widgets", logging.ERROR, "", 0, "broke", (), (ValueError, error, error.__traceback__)
        )
    first, *others = OneLine("%(message)s").format(record).split("\n")
    assert first == "broke"
    assert all(line.startswith("  ") and line.isprintable() for line in others)

"""Each setting has the effect that the documentation describes."""

import json
from typing import Any

import pytest

from tests.commands.copy import SECRET_KEY, Copy
from tests.site.test_settings import RESULT, site

__all__ = ["site"]
pytestmark = pytest.mark.slow


PAGES = """
import json, django
django.setup()
from django.test import Client
answers = [Client().get("/admin/login/", headers=headers) for headers in %r]
print(json.dumps([[a.status_code, dict(a.headers), [str(c) for c in a.cookies.values()]] for a in answers]))
"""


def values(site: Copy, *names: str, **settings: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(site.python(RESULT % (names,), **settings))
    return read


def pages(site: Copy, *headers: dict[str, str], **settings: str) -> list[tuple[int, dict[str, str], list[str]]]:
    """Requests the login page with each set of headers. Returns (status, headers, cookies) of each response."""
    asked = [{"Host": "127.0.0.1:8000"} | one for one in headers]
    answered: list[tuple[int, dict[str, str], list[str]]] = json.loads(site.python(PAGES % asked, **settings))
    return answered


def test_it_takes_a_dollar_sign_as_it_is(site: Copy) -> None:
    assert values(site, "SECRET_KEY", SECRET_KEY=f"$HOME{SECRET_KEY}")["SECRET_KEY"] == f"$HOME{SECRET_KEY}"


def test_it_takes_an_address_in_capitals(site: Copy) -> None:
    read = values(site, "SITE_URL", "SECURE_SSL_REDIRECT", "ALLOWED_HOSTS", SITE_URL="HTTPS://MixCyfe.Example.com/")
    assert (read["SITE_URL"], read["SECURE_SSL_REDIRECT"]) == ("https://mixcyfe.example.com", True)
    assert read["ALLOWED_HOSTS"][0] == "mixcyfe.example.com"


@pytest.mark.parametrize(
    "root", ["http://127.0.0.1:4711", "http://localhost/api", "http://[::1]:4711", "https://proxy.example.com"]
)
def test_it_sends_credentials_in_clear_to_this_machine_alone(site: Copy, root: str) -> None:
    assert values(site, "MIXPANEL_API_ROOT", MIXPANEL_API_ROOT=root)["MIXPANEL_API_ROOT"] == root


def test_it_serves_plain_http_on_a_trial_to_its_own_hosts(site: Copy) -> None:
    plain, by_name, other = pages(site, {}, {"Host": "localhost"}, {"Host": "evil.example"})
    status, headers, cookies = plain
    assert (status, "Strict-Transport-Security" in headers) == (200, False)
    assert cookies and not any("Secure" in cookie for cookie in cookies)
    assert (by_name[0], other[0]) == (200, 400)


def test_it_is_strict_about_https_when_its_address_says_so(site: Copy) -> None:
    https = {"SITE_URL": "https://mixcyfe.example.com"}
    host = {"Host": "mixcyfe.example.com"}
    forwarded = host | {"X-Forwarded-Proto": "https"}
    plain, secure = pages(site, host, forwarded, TRUST_PROXY="on", **https)
    assert (plain[0], plain[1]["Location"]) == (301, "https://mixcyfe.example.com/admin/login/")
    assert (secure[0], "Strict-Transport-Security" in secure[1]) == (200, False)
    assert secure[2] and all("Secure" in cookie and cookie.startswith("Set-Cookie: __Host-") for cookie in secure[2])
    # Without TRUST_PROXY, the proxy's headers have no effect.
    assert pages(site, forwarded, TRUST_PROXY="off", **https)[0][0] == 301


def test_a_second_factor_is_required_where_the_address_is_https(site: Copy) -> None:
    read = [
        values(site, "REQUIRE_SECOND_FACTOR", **settings)["REQUIRE_SECOND_FACTOR"]
        for settings in ({}, {"SITE_URL": "https://a.example"}, {"REQUIRE_SECOND_FACTOR": "on"})
    ]
    assert read == [False, True, True]


def test_hsts_lasts_as_long_as_set_and_only_for_this_host(site: Copy) -> None:
    https = {"SITE_URL": "https://mixcyfe.example.com", "TRUST_PROXY": "on", "HSTS_SECONDS": "86400"}
    forwarded = {"Host": "mixcyfe.example.com", "X-Forwarded-Proto": "https"}
    ((status, headers, _),) = pages(site, forwarded, **https)
    assert (status, headers["Strict-Transport-Security"]) == (200, "max-age=86400")
    # With an http: address, browsers ignore the header, and a TLS proxy must not pass it on.
    ((status, headers, _),) = pages(site, {}, HSTS_SECONDS="86400")
    assert (status, "Strict-Transport-Security" in headers) == (200, False)


def test_its_allowed_hosts_come_from_its_address(site: Copy) -> None:
    read = values(site, "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", SITE_URL="https://mixcyfe.example.com/")
    assert read["ALLOWED_HOSTS"] == ["mixcyfe.example.com", "127.0.0.1", "localhost", "[::1]"]
    assert read["CSRF_TRUSTED_ORIGINS"] == ["https://mixcyfe.example.com"]
    given = values(site, "ALLOWED_HOSTS", ALLOWED_HOSTS="a.example, .b.example,[::2],*")
    assert given["ALLOWED_HOSTS"] == ["a.example", ".b.example", "[::2]", "*"]


@pytest.mark.parametrize("seconds", ["0", "31536000"])
def test_it_passes_djangos_own_check_for_deployments(site: Copy, seconds: str) -> None:
    result = site.manage(
        "check",
        "--deploy",
        "--fail-level=INFO",
        SITE_URL="https://mixcyfe.example.com",
        DATABASE_URL="postgres://mixcyfe:secret@127.0.0.1/mixcyfe",
        TASKS="celery",
        BROKER_URL="redis://127.0.0.1:6379/0",
        HSTS_SECONDS=seconds,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stderr


def test_it_does_not_wait_for_ever_for_a_database(site: Copy) -> None:
    url = "postgres://mixcyfe:secret@127.0.0.1/mixcyfe"
    for given, seconds in ((url, 2), (f"{url}?connect_timeout=9&sslmode=require", 9)):
        options = values(site, "DATABASES", DATABASE_URL=given)["DATABASES"]["default"]["OPTIONS"]
        assert options["connect_timeout"] == seconds
    assert options["sslmode"] == "require"
    assert (options["tcp_user_timeout"], options["keepalives"]) == (5000, 1)
    given = f"{url}?tcp_user_timeout=9000&options=-c%20statement_timeout%3D7s"
    options = values(site, "DATABASES", DATABASE_URL=given)["DATABASES"]["default"]["OPTIONS"]
    assert options["tcp_user_timeout"] == 9000
    # If an option is given twice, PostgreSQL uses the last value.
    assert options["options"] == "-c statement_timeout=30s -c statement_timeout=7s"


def test_sqlite_journal_sets_the_journal_mode(site: Copy) -> None:
    database = values(site, "DATABASES", SQLITE_JOURNAL="delete")["DATABASES"]["default"]
    assert "journal_mode=delete" in database["OPTIONS"]["init_command"]


def test_only_two_keys_are_required(site: Copy) -> None:
    result = site.manage("check")
    assert (result.returncode, result.stderr) == (0, "")
    assert values(site, "SITE_URL", "TASKS", "POLL_WAIT", "MIXPANEL_TIMEOUT", "MIXPANEL_API_ROOT", "DEBUG") == {
        "SITE_URL": "http://127.0.0.1:8000",
        "TASKS": "inline",
        "POLL_WAIT": 8,
        "MIXPANEL_TIMEOUT": 60,
        "MIXPANEL_API_ROOT": "",
        "DEBUG": False,
    }
    database = values(site, "DATABASES")["DATABASES"]["default"]
    assert database["NAME"] == str(site.folder / "db.sqlite3")
    assert "journal_mode=wal" in database["OPTIONS"]["init_command"]

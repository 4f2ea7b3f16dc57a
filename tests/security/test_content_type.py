"""Requests with a hostile `Content-Type` or body, given to the WSGI application as a server would do."""

import io
import logging
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from mixcyfe_site.wsgi import application
from tests.conftest import CLUSTER
from tests.security.conftest import Team

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
LOGIN = "/admin/login/"
COOKIE = f"csrftoken={'a' * 32}"
"""A CSRF cookie. Without a cookie, Django refuses a form before it reads the body."""


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Keeps the connection of the test's transaction open after a request, like Django's own test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def ask(
    path: str, content_type: str = "", body: bytes | None = None, cookie: str = ""
) -> tuple[int, dict[str, str], str]:
    """Sends a GET, or with a `body` a POST. Returns the status, the headers and the text of the response."""
    environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_HOST": "testserver", "HTTP_COOKIE": cookie}
    environ |= {"QUERY_STRING": "a=%C3%A4"}
    environ |= {"HTTP_ORIGIN": "http://testserver", "REMOTE_ADDR": "203.0.113.9", "CONTENT_TYPE": content_type}
    if body is not None:
        environ |= {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": f"{len(body)}", "wsgi.input": io.BytesIO(body)}
    setup_testing_defaults(environ)
    said: list[Any] = []
    answer = application(environ, lambda status, headers: said.extend((int(status[:3]), dict(headers))))
    try:
        text = b"".join(answer).decode()
    finally:
        getattr(answer, "close", lambda: None)()
    return said[0], said[1], text


def login_form() -> tuple[str, str]:
    """The CSRF cookie and the CSRF token of the login form."""
    _, headers, text = ask(LOGIN)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    assert token
    return headers["Set-Cookie"].split(";")[0], token[1]


def parts(**fields: str) -> bytes:
    head = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return b"".join(f"--x-1\r\n{head.format(*field)}".encode() for field in fields.items()) + b"--x-1--\r\n"


@pytest.mark.parametrize("path", ["/healthz", LOGIN, "/w/aaaaaaaaaaaaaaaaaaaaaaaa.csv", "/no/such/page"])
@pytest.mark.parametrize(
    "header", ['a;"' + ";" * 100_000, "multipart/form-data;" + ' boundary="' * 10_000, "a/b;" * 30_000]
)
def test_a_long_content_type_takes_little_time(path: str, header: str) -> None:
    ask(path)
    started = time.thread_time()
    for _ in range(3):
        assert ask(path, header)[0] in (200, 404)
    assert time.thread_time() - started < 1


@pytest.mark.parametrize("charset", ["rot13", "hex", "undefined", "utf-16", "utf-7", "idna", "unknown"])
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x-1", "text/html"])
def test_no_charset_causes_a_status_500(kind: str, charset: str, caplog: pytest.LogCaptureFixture) -> None:
    body = parts(username="a", password="b") if "x-1" in kind else b"username=a%FF&password=b"
    paths = (LOGIN, "/no/such/page", "/w/x.csv")
    spellings = (f"charset={charset}", f"charset*={charset}''x", f'charset="{charset}"')
    for number, parameter in enumerate(spellings):
        for path in paths if CLUSTER else {LOGIN, paths[number]}:
            assert ask(path, f"{kind}; {parameter}", body, COOKIE)[0] in (403, 404, 405), (path, parameter)
            assert ask(path, f"{kind}; {parameter}")[0] in (200, 404), (path, parameter)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


BROKEN = {
    "no boundary": ("multipart/form-data", b"x"),
    "an empty boundary": ('multipart/form-data; boundary=""', b"x"),
    "an endless header": ("multipart/form-data; boundary=x-1", b"--x-1\r\n" + b"A" * 3000 + b": x\r\n\r\n"),
    "wrong base64": (
        "multipart/form-data; boundary=x-1",
        b'--x-1\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n'
        b"\r\n\xff=x\r\n--x-1--",
    ),
    "too many fields": (FORM, b"&".join(b"a%d=1" % i for i in range(3000))),
    "bytes that are no text": (FORM, b"\xff%ED%A0%80=%00\xfe"),
}


@pytest.mark.parametrize("body", BROKEN)
@pytest.mark.parametrize("path", [LOGIN, "/no/such/page", "/admin/widgets/widget/"])
def test_a_body_that_can_not_be_read_causes_no_status_500(
    path: str, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, headers, text = ask(path, *BROKEN[body], COOKIE)
    assert status in (302, 400, 403, 404)
    assert headers["X-Frame-Options"] == "DENY"
    assert status == 302 or "<h1>" in text
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "kind",
    [
        FORM,
        f"{FORM}; charset=UTF-8",
        "multipart/form-data; boundary=x-1",
        'Multipart/Form-Data;boundary="x-1"',
        "multipart/form-data; charset=utf-8; boundary=x-1",
        "multipart/form-data; boundary=x-1; charset=utf-8",
    ],
)
def test_forms_are_read_with_each_valid_content_type(acme: Team, kind: str, django_user_model: Any) -> None:
    django_user_model.objects.create_superuser("Zoë", "zoe@example.com", "ä long pässword")
    cookie, token = login_form()
    fields = {"csrfmiddlewaretoken": token, "username": "Zoë", "password": "ä long pässword"}
    body = parts(**fields) if "x-1" in kind else urlencode(fields).encode()
    status, headers, _ = ask(LOGIN, kind, body, cookie)
    assert (status, headers["Location"]) == (302, "/")

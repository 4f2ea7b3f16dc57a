"""`manage.py doctor` asks SITE_URL: wrong answers, proxies of all kinds, and headers that strangers forge."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.commands.copy import SECRET_KEY
from tests.running.doctor import asked, doctor, only, serve, served
from tests.running.front import Headers, front, says, serving
from tests.running.site import Site, free_port

__all__ = ["asked", "served"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": b"<html>Welcome to nginx!"}, "another server answers at this address"),
        ({"body": b'{"status": "ok"}'}, "another server answers at this address"),
        ({"status": 301, "headers_sent": [("Location", "https://elsewhere.example/x?y=secret")]},
         "the address redirects to https://elsewhere.example: set SITE_URL to"),
        ({"status": 502}, "the proxy answers 502"),
        ({"status": 400}, "add the host of SITE_URL to ALLOWED_HOSTS"),
    ],
)  # fmt: skip
def test_another_answer_at_the_sites_address(served: Site, answer: dict[str, object], words: str) -> None:
    with serving(says(**answer)) as other:
        only(doctor(served, SITE_URL=other), "fix SITE_URL: ", words)


def test_nothing_at_the_sites_address(served: Site) -> None:
    only(doctor(served, SITE_URL=f"http://127.0.0.1:{free_port()}"), "nothing answers at", "manage.py serve")


def test_a_silent_server_does_not_block_the_doctor(served: Site) -> None:
    with silent() as address:
        said = doctor(served, SITE_URL=f"http://{address}", MIXPANEL_API_ROOT=f"http://{address}/api")
    assert said.took < 2 * 5.5 + 5
    assert len(said.fixes) == 2
    assert said.has("fix SITE_URL", "the server did not answer in time")


@contextmanager
def silent() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def as_deployed(headers: Headers) -> Headers:
    """The headers that the proxies in deploy/ pass on."""
    kept = {name: value for name, value in headers.items() if "_" not in name and not name.startswith("X-Forwarded")}
    return kept | {"X-Forwarded-For": "198.51.100.4", "X-Forwarded-Proto": "http"}


def appended(headers: Headers) -> Headers:
    seen = ", ".join([*([headers["X-Forwarded-For"]] if "X-Forwarded-For" in headers else []), "198.51.100.4"])
    return {**headers, "X-Forwarded-For": seen}


def passed_on(headers: Headers) -> Headers:
    return {"X-Forwarded-For": "198.51.100.4", **headers}


def underscores_too(headers: Headers) -> Headers:
    return {**as_deployed(headers), **{name: value for name, value in headers.items() if "_" in name}}


@pytest.mark.parametrize(
    ("passed", "trust", "found"),
    [
        (as_deployed, "on", []),
        (as_deployed, "off", ["there is a proxy, and TRUST_PROXY is off"]),
        (
            passed_on,
            "on",
            ["the X-Forwarded-Proto of strangers", "the X-Forwarded-For of strangers", "underscore"],
        ),
        (appended, "on", ["the X-Forwarded-Proto of strangers", "underscore"]),
        (
            dict,
            "on",
            ["no X-Forwarded-For arrives", "X-Forwarded-Proto of", "X-Forwarded-For of", "underscore"],
        ),
        (underscores_too, "on", ["underscore"]),
        (dict, "off", []),
    ],
)
def test_a_proxy_that_passes_on_forged_headers(
    host: Callable[..., Site], passed: Callable[[Headers], Headers], trust: str, found: list[str]
) -> None:
    base = f"http://127.0.0.1:{free_port()}"
    with serving(front(base, passed)) as address:
        site = host(TRUST_PROXY=trust, SITE_URL=address)
        serve(site, base)
        said = doctor(site)
    assert len(said.fixes) == len(found), said.fixes
    for line, words in zip(said.fixes, found, strict=True):
        assert line.startswith("fix proxy: ")
        assert words in line


def test_https_that_arrives_as_http_and_another_secret_key(served: Site) -> None:
    said = doctor(served, SECRET_KEY=f"another {SECRET_KEY}")
    only(said, "fix SITE_URL: another server answers at this address, or a MixCyfe with another SECRET_KEY")
    assert doctor(served, TRUST_PROXY="on").has("ok  proxy", "another TRUST_PROXY or SITE_URL")

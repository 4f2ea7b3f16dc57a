"""Error responses with a late, cut, unreadable or long body."""

import gzip
import json
import time
from collections.abc import Callable

import pytest

from tests.mixpanel.conftest import Connection, client_of
from tests.mixpanel.test_wire import failure
from widgets.mixpanel import errors

WORDS = b'{"request": "/api/2.0/segmentation", "error": "Timeout Error."}'
LONG_ADDRESS = "/api/2.0/segmentation?where=" + "y" * 70_000


def cut(status: str) -> Callable[[Connection], None]:
    def talk(connection: Connection) -> None:
        connection.request()
        connection.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(WORDS)}\r\n\r\n".encode() + WORDS[:55])

    return talk


def slow(status: str) -> Callable[[Connection], None]:
    def talk(connection: Connection) -> None:
        connection.request()
        connection.send(f"HTTP/1.1 {status}\r\nContent-Length: {len(WORDS)}\r\n\r\n".encode() + WORDS[:55])
        time.sleep(3)

    return talk


def cut_gzip(status: str) -> Callable[[Connection], None]:
    packed = gzip.compress(WORDS)[:-12]
    return lambda connection: (
        bool(connection.request()) and connection.answer(packed, "Content-Encoding: gzip", status=status)
    )


def no_json(status: str) -> Callable[[Connection], None]:
    return lambda connection: bool(connection.request()) and connection.answer(WORDS[:55], status=status)


@pytest.mark.parametrize("broken", [cut, slow, cut_gzip, no_json])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("400 Bad Request", errors.UnavailableError),
        ("403 Forbidden", errors.UnavailableError),
        ("401 Unauthorized", errors.CredentialsError),
        ("429 Too Many Requests", errors.RateLimitError),
        ("503 Service Unavailable", errors.UnavailableError),
    ],
)
def test_without_a_readable_body_it_uses_the_status_only_if_the_status_is_clear(serve, broken, status, expected):
    error, _ = failure(client_of(serve(broken(status)), timeout=1 if broken is slow else 5))
    assert type(error) is expected
    assert error.status in (int(status[:3]), None)


@pytest.mark.parametrize(
    ("status", "words", "expected"),
    [
        ("400 Bad Request", "Timeout Error.", errors.UnavailableError),
        ("400 Bad Request", "Unable to authenticate request", errors.CredentialsError),
        ("403 Forbidden", "Date range exceeds 90 days into the past", errors.HistoryError),
        ("429 Too Many Requests", "(61/60 queries running in the last hour)", errors.RateLimitError),
    ],
)
def test_it_reads_an_error_that_follows_a_long_address_in_the_body(serve, status, words, expected):
    body = json.dumps({"request": LONG_ADDRESS, "error": words}).encode()
    server = serve(lambda connection: connection.request() and connection.answer(body, status=status))
    error, _ = failure(client_of(server))
    assert type(error) is expected
    if isinstance(error, errors.RateLimitError):
        assert error.limits.hourly == 60


def test_it_drops_error_messages_that_are_too_long(serve):
    for body in (json.dumps({"error": "x" * 70_000}).encode(), b"x" * 70_000):
        server = serve(
            lambda connection, body=body: connection.request() and connection.answer(body, status="404 Not Found")
        )
        error, _ = failure(client_of(server))
        assert str(error) == "Mixpanel refused the query (404)."

"""Answers over real sockets that are broken, compressed, too large, or redirects."""

import gzip
import zlib

import pytest

from tests.mixpanel.conftest import client_of
from tests.mixpanel.test_wire import HEAD, failure
from widgets.mixpanel.errors import QueryError, UnavailableError


def body_of_a_redirect_by_the_byte(connection):
    connection.request()
    connection.send(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 400\r\n\r\n")
    connection.trickle(b"[" * 400)


@pytest.mark.parametrize("reply", [
    b"", b"HTTP", b"nonsense\r\n\r\n", HEAD, HEAD + b"Content-Length: 40\r\n\r\n{}",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}", HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
    HEAD + b"Content-Length: 1, 2\r\n\r\n{}", HEAD + b"A: " + b"x" * 70_000 + b"\r\n\r\n",
    HEAD + b"A: b\r\n" * 200 + b"\r\n", HEAD + b"\r\n", HEAD + b"Content-Length: 0\r\n\r\n",
    HEAD + b"Content-Encoding: gzip\r\n\r\n{}", HEAD + b"Content-Encoding: br\r\n\r\n{}",
    HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"[1, 2, 3]", mtime=0)[:-4],
    HEAD + b"Content-Encoding: gzip, gzip\r\n\r\n" + gzip.compress(gzip.compress(b"[]", mtime=0), mtime=0),
])  # fmt: skip
def test_a_broken_answer_is_a_temporary_error(serve, reply):
    server = serve(lambda connection: connection.request() and connection.send(reply))
    error, _ = failure(client_of(server))
    assert type(error) is UnavailableError
    assert not error.gave_up


def test_it_says_that_an_answer_is_not_compressed_as_announced(serve):
    reply = HEAD + b"Content-Encoding: gzip\r\n\r\n{}"
    error, _ = failure(client_of(serve(lambda connection: connection.request() and connection.send(reply))))
    assert str(error) == "Mixpanel's answer could not be read (its gzip data is damaged)."


def test_a_reset_connection_is_a_temporary_error(serve):
    server = serve(lambda connection: connection.request() and connection.reset())
    error, _ = failure(client_of(server))
    assert type(error) is UnavailableError
    assert len(server.requests) == 1


def test_it_reads_a_compressed_answer(serve):
    body = gzip.compress(b'{"data": "' + b"x" * 100_000 + b'"}', mtime=0)
    server = serve(lambda connection: connection.request() and connection.answer(body, "Content-Encoding: gzip"))
    assert len(client_of(server).query("events", {})["data"]) == 100_000
    assert b"Accept-Encoding: gzip\r\n" in server.requests[0]


def test_it_stops_at_an_answer_that_is_too_large(serve):
    def talk(connection):
        connection.request()
        connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.send(b"100000\r\n" + b" " * 0x100000 + b"\r\n")

    error, _ = failure(client_of(serve(talk), timeout=20))
    assert str(error).startswith("Mixpanel's answer is too large. Ask for less: fewer values of the breakdown")


def test_it_stops_at_an_answer_that_unpacks_to_something_too_large(serve):
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(40)) + packer.flush()
    server = serve(lambda connection: connection.request() and connection.answer(bomb, "Content-Encoding: gzip"))
    error, _ = failure(client_of(server, timeout=20))
    assert str(error).startswith("Mixpanel's answer is too large. Ask for less: fewer values of the breakdown")


def test_it_reads_only_the_beginning_of_a_long_error_body(serve):
    def talk(connection):
        connection.request()
        connection.answer(b'{"error": "' + b"x" * 10_000_000, status="400 Bad Request")

    error, _ = failure(client_of(serve(talk), timeout=5))
    assert type(error) is QueryError
    assert str(error) == "Mixpanel refused the query (400)."


def test_it_follows_no_redirect(serve):
    elsewhere = serve(lambda connection: connection.request() and connection.answer())
    for location in (elsewhere.root, "/again", "http://[bad", "//" + "x" * 9000):
        moved = (b"x", f"Location: {location}")
        server = serve(
            lambda connection, moved=moved: connection.request() and connection.answer(*moved, status="307 M")
        )
        error, _ = failure(client_of(server))
        assert type(error) is UnavailableError
        assert "redirect" in str(error)
        assert len(server.requests) == 1
    assert not elsewhere.connections


def test_it_does_not_wait_for_the_body_of_a_redirect(serve):
    error, seconds = failure(client_of(serve(body_of_a_redirect_by_the_byte), timeout=5))
    assert "redirect" in str(error)
    assert seconds < 4

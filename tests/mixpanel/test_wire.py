"""Requests over real sockets to servers that are slow, close the connection, or never answer."""

import socket
import threading
import time

import pytest
import requests

from tests.mixpanel.conftest import client_of
from widgets.mixpanel import wire
from widgets.mixpanel.auth import ProjectSecret
from widgets.mixpanel.client import Client
from widgets.mixpanel.errors import CredentialsError, MixpanelError, UnavailableError

HEAD = b"HTTP/1.1 200 OK\r\n"


def failure(client: Client) -> tuple[MixpanelError, float]:
    """Returns the error of a query, and the number of seconds until the error was raised."""
    started = time.monotonic()
    with pytest.raises(MixpanelError) as caught:
        client.query("events", {})
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value, time.monotonic() - started


def never(connection):
    connection.request()
    time.sleep(5)


def headers_by_the_byte(connection):
    connection.request()
    connection.trickle(HEAD + b"Content-Type: application/json\r\n" * 9)


def headers_without_end(connection):
    connection.request()
    while True:
        connection.trickle(b"HTTP/1.1 100 Continue\r\n\r\n")


def body_by_the_byte(connection):
    connection.request()
    connection.send(HEAD + b"Content-Length: 400\r\n\r\n")
    connection.trickle(b"[" * 400)


def chunks_by_the_byte(connection):
    connection.request()
    connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    connection.trickle(b"1\r\n[\r\n" * 99)


def trailers_without_end(connection):
    connection.request()
    connection.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
    connection.trickle(b"a: b\r\n" * 99)


@pytest.mark.parametrize("talk", [
    never, headers_by_the_byte, headers_without_end, body_by_the_byte, chunks_by_the_byte, trailers_without_end,
])  # fmt: skip
def test_it_gives_up_after_the_timeout(serve, talk):
    error, seconds = failure(client_of(serve(talk), timeout=0.4))
    assert type(error) is UnavailableError
    assert str(error) == "Mixpanel did not answer within 0.4 seconds."
    assert error.gave_up
    assert 0.1 < seconds < 4


def test_it_uses_the_status_of_an_error_whose_body_comes_too_slowly(serve):
    def talk(connection):
        connection.request()
        connection.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 400\r\n\r\n")
        connection.trickle(b"x" * 400)

    error, seconds = failure(client_of(serve(talk), timeout=1))
    assert type(error) is CredentialsError
    assert seconds < 4


def test_it_accepts_a_slow_answer_within_the_timeout(serve):
    def talk(connection):
        connection.request()
        connection.trickle(b"HTTP/1.1 200\r\n\r\n{}")

    assert client_of(serve(talk), timeout=5).query("events", {}) == {}


@pytest.fixture
def mute():
    """The port of a server that accepts no new connection, because its queue of connections is full."""
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = []
    for _ in range(3):
        waiting.append(socket.socket())
        waiting[-1].setblocking(False)
        waiting[-1].connect_ex(full.getsockname())
    yield full.getsockname()[1]
    for sock in [full, *waiting]:
        sock.close()


def test_without_a_connection_no_query_runs_at_mixpanel(mute):
    error, seconds = failure(
        Client(ProjectSecret("s"), project_id=7, api_root=f"http://127.0.0.1:{mute}", timeout=0.15)
    )
    assert not error.gave_up
    assert str(error) == "Mixpanel could not be reached within 0.15 seconds."
    assert seconds < 4


def test_a_slow_upload_keeps_to_the_timeout(serve):
    server = serve(lambda connection: connection.take_slowly())
    started = time.monotonic()
    with wire.exchange(0.3) as this, pytest.raises(requests.RequestException):
        wire.SESSION.post(server.root, data=b"x" * 30_000_000, timeout=0.3)
    assert time.monotonic() - started < 4
    assert this.sent


def test_it_says_why_there_was_no_connection():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error, _ = failure(Client(ProjectSecret("s"), project_id=7, api_root=f"http://127.0.0.1:{port}"))
    assert str(error) == "Mixpanel could not be reached (the connection was refused)."
    assert not error.gave_up


def test_the_lookup_of_a_name_keeps_to_the_timeout(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5) or [])
    error, seconds = failure(Client(ProjectSecret("s"), project_id=7, api_root="http://mixpanel.test", timeout=0.15))
    assert str(error) == "Mixpanel could not be reached within 0.15 seconds."
    assert seconds < 4


def test_it_tries_the_next_address_of_a_name(serve, monkeypatch):
    server = serve(lambda connection: connection.request() and connection.answer())
    good = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", server.port))
    bad = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [bad, good])
    assert client_of(server).query("events", {}) == {}


def test_it_leaves_time_for_the_next_address_when_one_never_answers(serve, mute, monkeypatch):
    server = serve(lambda connection: connection.request() and connection.answer())
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port)) for port in (mute, server.port)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *_, **__: found if host == "mixpanel.test" else [
        one for one in found if one[4] == (host, port)])  # fmt: skip
    client = Client(ProjectSecret("s"), project_id=7, api_root="http://mixpanel.test", timeout=2)
    assert client.query("events", {}) == {}


def keeps_answering(connection):
    while connection.request():
        connection.answer(b"{}", "Set-Cookie: mixpanel=1; Path=/", "Connection: keep-alive")


def test_it_keeps_the_connection_but_no_cookie(serve):
    server = serve(keeps_answering)
    for _ in range(3):
        assert client_of(server).query("events", {}) == {}
    assert len(server.connections) == 1
    assert b"ookie" not in b"".join(server.requests)
    assert len(wire.SESSION.cookies) == 0


def test_it_gives_every_query_on_a_kept_connection_its_own_time(serve):
    server = serve(keeps_answering)
    client = client_of(server, timeout=1)
    for _ in range(2):
        client.query("events", {})
        time.sleep(0.6)
    assert client.query("events", {}) == {}
    assert len(server.connections) == 1


def test_it_connects_anew_when_mixpanel_closed_a_kept_connection(serve):
    server = serve(lambda connection: connection.request() and connection.answer(b"{}", "Connection: keep-alive"))
    client = client_of(server)
    for _ in range(3):
        assert client.query("events", {}) == {}
        time.sleep(0.02)
    assert len(server.connections) == 3


def test_it_connects_anew_after_a_long_pause(serve, monkeypatch):
    server = serve(keeps_answering)
    client_of(server).query("events", {})
    monkeypatch.setattr(wire, "LONGEST_IDLE", 0.0)
    client_of(server).query("events", {})
    assert len(server.connections) == 2


def test_it_sends_a_query_only_once_if_a_kept_connection_breaks_after_it(serve):
    def talk(connection):
        connection.request()
        connection.answer(b"{}", "Connection: keep-alive")
        connection.request()

    server = serve(talk)
    client_of(server).query("events", {})
    error, _ = failure(client_of(server))
    assert type(error) is UnavailableError
    assert len(server.requests) == 2


def test_each_of_many_threads_gets_its_own_answer(serve):
    def talk(connection):
        while head := connection.request():
            time.sleep(0.05)
            connection.answer(head.split(b"n=")[1].split(b"&")[0].join([b'{"n": ', b"}"]))

    client = client_of(serve(talk), timeout=5)
    answers = {}
    threads = [threading.Thread(target=lambda n=n: answers.update({n: client.query("e", {"n": n})})) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: {"n": n} for n in range(20)}

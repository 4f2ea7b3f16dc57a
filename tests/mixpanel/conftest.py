"""Fake Mixpanel servers with raw sockets on 127.0.0.1. Tests make them answer slowly, wrongly, or not at all."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from widgets.mixpanel.auth import ServiceAccount
from widgets.mixpanel.client import Client

SECRET = "s3cr+t/Key=\"9'\\ é"
USERNAME = "acme.a1b2c3.mp-service-account"

Talk = Callable[["Connection"], None]


class Connection:
    """A connection that the server has accepted. Each request read from it is appended to `requests` of the server."""

    def __init__(self, server: "Server", sock: socket.socket) -> None:
        self.server = server
        self.sock = sock

    def request(self) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = self.sock.recv(65536)
            if not piece:
                return b""
            head += piece
        self.server.requests.append(head)
        return head

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def trickle(self, data: bytes) -> None:
        for byte in data:
            self.send(bytes([byte]))
            time.sleep(0.02)

    def take_slowly(self) -> None:
        while self.sock.recv(1024):
            time.sleep(0.02)

    def answer(self, body: bytes = b"{}", *headers: str, status: str = "200 OK") -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()


class Server:
    def __init__(self, talk: Talk, wrap: Callable[[socket.socket], socket.socket] = lambda sock: sock) -> None:
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._talk = talk
        self._wrap = wrap
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.root = f"http://127.0.0.1:{self.port}/api"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                self.connections.append(sock)
                threading.Thread(target=self._serve, args=[sock], daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            sock = self._wrap(sock)
            with sock:
                self._talk(Connection(self, sock))

    def close(self) -> None:
        for sock in [self._listener, *self.connections]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(*args: object, **kwargs: object) -> Server:
        servers.append(Server(*args, **kwargs))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


def client_of(server: Server, timeout: float = 5) -> Client:
    return Client(ServiceAccount(USERNAME, SECRET), project_id=7, api_root=server.root, timeout=timeout)

"""The HTTP side of the stand-in: sockets, threads, keep-alive, and sending answers whole or broken."""

import json
import socket
import socketserver
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from fake_mixpanel.faults import TRICKLE, Fault, broken_body, huge_body


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    params: dict[str, str]
    authorization: str


@dataclass(frozen=True, slots=True)
class Reply:
    """`fault` says how the answer is broken on its way."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault | None = None


class Site(Protocol):
    """Who decides what is answered."""

    def receive(self, request: Request) -> Reply: ...

    def control(self, method: str, path: str, body: bytes) -> tuple[int, object]: ...


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """One thread a connection, all of them known, so that `end` can end them."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        self.site = site
        self._open: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="stand-in call", daemon=True
        )
        with self._lock:
            self._open[thread] = request
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are what a stand-in is for; anything else is a bug of ours."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def end(self) -> None:
        """Closes everything and waits for every thread."""
        self.shutdown()
        self.server_close()
        with self._lock:
            waiting = dict(self._open)
        for connection in waiting.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in waiting:
            thread.join(timeout=5)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "FakeMixpanel/1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one piece

    @property
    def site(self) -> Site:
        return cast(Server, self.server).site

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what came in is in `calls`."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        url = urlsplit(self.path)
        if url.path.startswith("/control/"):
            status, answer = self.site.control(self.command, url.path, body)
            self._send(Reply(status, json.dumps(answer).encode()))
            return
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        if self.headers.get_content_type() == "application/x-www-form-urlencoded":
            params |= parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        authorization = self.headers.get("Authorization", "")
        reply = self.site.receive(Request(self.command, url.path, url.query, params, authorization))
        if reply.fault and reply.fault.kind:
            self._send_broken(reply, reply.fault)
        else:
            self._send(reply)

    def _send(self, reply: Reply) -> None:
        self._start(reply, len(reply.body))
        self.wfile.write(reply.body)

    def _start(self, reply: Reply, length: int | None) -> None:
        self.send_response(reply.status)
        headers = {"Content-Type": reply.content_type, **reply.headers}
        if length is None:
            headers["Connection"] = "close"
        else:
            headers["Content-Length"] = str(length)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_broken(self, reply: Reply, fault: Fault) -> None:
        if fault.kind in ("reset", "hang"):
            self.close_connection = True
        elif fault.kind == "truncated":
            self._start(reply, len(reply.body) + 1000)
            self.wfile.write(reply.body[: len(reply.body) // 2])
            self.close_connection = True
        elif fault.kind == "trickle":
            self._start(reply, len(reply.body))
            self._stream((reply.body[at : at + 1] for at in range(len(reply.body))), fault)
        elif fault.kind == "huge":
            self._start(reply, None)
            self._stream(huge_body(), None)
        else:
            body, content_type = broken_body(fault.kind)
            self._send(Reply(reply.status, body, content_type))

    def _stream(self, pieces: Iterable[bytes], slowed_by: Fault | None) -> None:
        self.wfile.flush()
        for piece in pieces:
            self.wfile.write(piece)
            if slowed_by and not slowed_by.over.is_set():
                self.wfile.flush()
                slowed_by.over.wait(TRICKLE)

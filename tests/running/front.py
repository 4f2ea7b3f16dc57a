"""Servers that replace a site or service, or a proxy in front of it, in tests of the doctor. Each has one fault."""

import http.client
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

Headers = dict[str, str]


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Front(BaseHTTPRequestHandler):
    """A proxy in front of `base`. `passed` turns the request's headers into those that the proxy passes on."""

    protocol_version = "HTTP/1.1"
    base = ""
    passed: Callable[[Headers], Mapping[str, str]]

    def do_GET(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.base).netloc, timeout=30)
        connection.request("GET", self.path, headers=dict(type(self).passed(dict(self.headers.items()))))
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing."""


def front(base: str, passed: Callable[[Headers], Mapping[str, str]]) -> type[Front]:
    return type("AFront", (Front,), {"base": base, "passed": staticmethod(passed)})


class Says(BaseHTTPRequestHandler):
    """Gives every request the same answer. The server's clock is `ahead` seconds fast."""

    protocol_version = "HTTP/1.1"
    status, headers_sent, body, ahead = 200, (), b"", 0

    def do_GET(self) -> None:
        self.send_response(self.status)
        for name, value in self.headers_sent:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.body)

    do_HEAD = do_GET

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string((timestamp or time.time()) + self.ahead)

    def log_message(self, format: str, *args: Any) -> None:
        """Logs nothing."""


def says(**attributes: Any) -> type[Says]:
    return type("ASayer", (Says,), attributes)

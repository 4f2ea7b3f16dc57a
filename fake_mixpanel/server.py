"""The HTTP server: reads requests, and sends complete or deliberately incomplete responses."""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: str
    authorization: str
    content_type: str = ""
    body: bytes = b""

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> dict[str, Any]:
        """Returns the JSON object in the body. Raises ValueError if there is none."""
        try:
            found = json.loads(self.body)
        except RecursionError:
            found = None
        if not isinstance(found, dict) or self.content_type.partition(";")[0] != "application/json":
            raise ValueError("no JSON object")
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """A response. `cut` is "" for a complete response, or a value in `faults.CUT` for an incomplete response."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""


class Server(ThreadingHTTPServer):
    """A server with one thread per connection. The function `receive` returns the Reply to a Request."""

    request_queue_size = 256

    def __init__(self, address: tuple[str, int], receive: Callable[[Request], Reply]) -> None:
        self.receive = receive
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that disconnect: tests do so on purpose. Other errors are bugs of the fake Mixpanel."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # Buffers the response, so that the headers and the body are sent together.

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        authorization, content_type = (self.headers.get(name, "") for name in ("Authorization", "Content-Type"))
        request = Request(self.command, url.path, url.query, authorization, content_type, body)
        reply = cast(Server, self.server).receive(request)
        if reply.cut == "reset":
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.cut == "truncated":
            self.close_connection = True
            self.wfile.write(reply.body[: len(reply.body) // 2])
        else:
            self.wfile.write(reply.body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Does nothing: tests read `FakeMixpanel.calls` instead of a log."""

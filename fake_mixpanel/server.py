"""The HTTP server of the fake: it reads requests and sends complete or cut answers."""

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
        """The JSON object in the body. Raises ValueError for anything else."""
        try:
            found = json.loads(self.body)
        except RecursionError:
            found = None
        if not isinstance(found, dict) or self.content_type.partition(";")[0] != "application/json":
            raise ValueError("no JSON object")
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """`cut` is "", or how the answer is cut: a value in `faults.CUT`."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""


class Server(ThreadingHTTPServer):
    """One thread per connection. The function `receive` turns a Request into a Reply."""

    request_queue_size = 256

    def __init__(self, address: tuple[str, int], receive: Callable[[Request], Reply]) -> None:
        self.receive = receive
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignores clients that disconnect: tests do so on purpose. Prints other errors: they are bugs of the fake."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # Send headers and body in one piece.

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
        """Logs nothing: tests read `FakeMixpanel.calls`."""

"""Fixtures for tests of notices: a webhook on this machine, and the command that a daily timer runs."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import call_command

from tests.refresh.test_freshness import clock
from widgets.models import NoticeAddress, Project
from widgets.models.notice_address import read_address
from widgets.notices import sending

__all__ = ["clock"]

PASSWORD = "s3cret-0f-a-webhook"


@dataclass
class Webhook:
    """A webhook that records its requests: `got` has the JSON bodies, `paths` the paths.

    Its responses have this `status` and these `headers`. If `is_mute` is set, the webhook does not respond. If
    `is_endless` is set, the responses have no end.
    """

    status: int = 200
    is_mute: bool = False
    is_endless: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    got: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0
    over: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"json://user:{PASSWORD}@127.0.0.1:{self.port}/hook/{PASSWORD}"

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.got]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.paths.append(self.path)
            hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if hook.is_mute:
                hook.over.wait(60)
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                while hook.is_endless:
                    self.wfile.write(bytes(1024**2))

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_port
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield hook
    hook.over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def told(project: Project, webhook: Webhook) -> Webhook:
    """The webhook, as an address that hears of the project's problems at once."""
    Project.objects.update(notify_after_minutes=0)
    listen(project, webhook.url)
    return webhook


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives the processes that send notices 90 seconds, because they start slowly on a busy machine."""
    for name in ("SEND_SECONDS", "TEST_SECONDS", "CHECK_SECONDS"):
        monkeypatch.setattr(sending, name, 90)


@pytest.fixture
def timer() -> Callable[[], None]:
    """A function that runs `clean_up`, the command that a daily timer runs."""
    return lambda: call_command("clean_up", stdout=io.StringIO())


def listen(project: Project, url: str, **fields: Any) -> NoticeAddress:
    """Adds a notice address to the project, as an import would do."""
    address = NoticeAddress.of(project, read_address(url), may_be_inside=True, **fields)
    address.save()
    return address

"""Functions that poll the WSGI application of this process and count SQL statements. A test's site runs them."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import time_machine
from django.db import connection

from mixcyfe_site.wsgi import application

fast_path = application.application


class Polled(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes
    statements: int

    @property
    def answer(self) -> tuple[Any, ...]:
        return self.status, sorted(self.headers), self.body


def poll(path: str, app: Any = application, method: str = "GET", **environ: Any) -> Polled:
    """`environ` adds WSGI variables, for example HTTP_HOST."""
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000",
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.input": io.BytesIO(),
        **environ,
    }
    started: list[Any] = []
    with counted() as statements:
        found = app(environ, lambda status, headers: started.extend((status, headers)))
        # Servers send a body only in the answer to a GET.
        body = b"".join(found) if method == "GET" else b""
        count = len(statements)
        getattr(found, "close", lambda: None)()
    return Polled(started[0], started[1], body, count)


@contextmanager
def counted() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield statements


def polled_the_three_ways(path: str, at: datetime, **environ: Any) -> list[Polled]:
    """Polls three times at one moment: read from the database, from the page cache, and by Django."""
    fast_path.pages.changes.record()
    with time_machine.travel(at, tick=False):
        read, kept = poll(path, **environ), poll(path, **environ)
        return [read, kept, poll(path, fast_path.django, **environ)]

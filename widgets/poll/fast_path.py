"""The fast path: answers most polls before Django's request handling, from the page cache or the database.

The request must be GET or HEAD, without a body, for a host that ALLOWED_HOSTS names without a wildcard, and with the
right scheme. The stored rendering must be up to date, and the poll must need no wait and no work after the response. If
no active widget has the slug and the format, the answer is 404. Django handles all other requests. For the same poll,
the fast path and Django give equal answers.
"""

import os
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import Error, connection

from widgets.counting import polls
from widgets.formats import FORMATS
from widgets.models.slug import SLUG
from widgets.poll.page_cache import PageCache, new_cache, page_of
from widgets.poll.response import Answer, deliver, follow_up, not_found, should_wait
from widgets.poll.row import find
from widgets.poll.view import POLLED

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
DIGITS = re.compile("[0-9]{1,5}")
STATUS = {200: "200 OK", 304: "304 Not Modified", 404: "404 Not Found"}


class FastPath:
    """A WSGI application around Django's WSGI application."""

    def __init__(self, django: WSGI) -> None:
        self.django = django
        self.pages: PageCache | None = None
        self.lock = threading.Lock()
        os.register_at_fork(after_in_child=self.forget_pages)
        self.hosts = frozenset(host for host in settings.ALLOWED_HOSTS if not host.startswith((".", "*")))
        self.always: list[tuple[str, str]] = []
        if settings.SECURE_HSTS_SECONDS:
            self.always.append(("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}"))

    def forget_pages(self) -> None:
        """A forked process must not use its parent's connections."""
        self.pages, self.lock = None, threading.Lock()

    def first_pages(self) -> PageCache:
        """Creates the cache for the first poll. The lock prevents a second cache with connections of its own."""
        with self.lock:
            if self.pages is None:
                self.pages = new_cache()
            return self.pages

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        address = environ["PATH_INFO"]
        if address.startswith(POLLED) and self.is_plain(environ):
            reply = fast_answer(self.pages or self.first_pages(), address, environ.get("HTTP_IF_NONE_MATCH", ""))
            if reply is not None:
                headers = reply.headers + self.always
                if reply.status != 304:
                    headers.append(("Content-Length", str(len(reply.body))))
                polls.count_answer(reply.status, reply.headers)
                start_response(STATUS[reply.status], headers)
                return [reply.body] if environ["REQUEST_METHOD"] == "GET" else []
        return self.django(environ, start_response)

    def is_plain(self, environ: dict[str, Any]) -> bool:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or environ.get("CONTENT_LENGTH", "") not in ("", "0"):
            return False
        host, colon, port = environ.get("HTTP_HOST", "").rpartition(":")
        if (host if colon else port) not in self.hosts or (colon and not DIGITS.fullmatch(port)):
            return False
        if not settings.SECURE_SSL_REDIRECT:
            return True
        if settings.TRUST_PROXY and "HTTP_X_FORWARDED_PROTO" in environ:
            return bool(environ["HTTP_X_FORWARDED_PROTO"] == "https")
        return bool(environ["wsgi.url_scheme"] == "https")


def fast_answer(pages: PageCache, address: str, if_none_match: str) -> Answer | None:
    """Returns None if Django must handle the poll."""
    change = pages.changes.latest()
    now = datetime.now(UTC)
    if change is not None and (page := pages.get(address, now)) is not None:
        return page.answer(now, if_none_match)
    slug, _, format = address.removeprefix(POLLED).partition(".")
    if format not in FORMATS or not SLUG.fullmatch(slug):
        return None
    try:
        row = find(slug, format)
    except Error:
        # For example, the database was restarted. For this poll, Django opens a new connection.
        connection.close()
        return None
    if row is None:
        return not_found()
    now = datetime.now(UTC)
    if row.body is None or row.source_version != row.current_source_version:
        return None
    if should_wait(row, now) or follow_up(row, now):
        return None
    if change is not None and pages.keeps(address) and (page := page_of(row, format, now, change)) is not None:
        pages.put(address, page)
        return page.answer(now, if_none_match)
    reply = deliver(row, format, if_none_match, waited=False)
    return reply if reply.status in STATUS else None

"""What holds for a thread that makes an answer: somebody waits for it, so it waits for a mute database but briefly.

Workers, commands and threads that refresh wait as long as the database needs.
"""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
LONGEST_CONTENT_TYPE = 300
BOUNDARY = re.compile(r'; *boundary=("?)([^\s";]{1,70})\1 *(?:;|$)', re.IGNORECASE)
"""RFC 2046, section 5.1.1: at most 70 characters."""

thread = threading.local()


def is_answering() -> bool:
    return getattr(thread, "answering", False)


def is_only_thread() -> bool:
    """Whether the server says that no other thread of this process answers (PEP 3333: `wsgi.multithread`)."""
    return getattr(thread, "is_only", False)


class Answering:
    """Wraps a WSGI application, for any server."""

    def __init__(self, application: WSGI) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        # For good: what follows an answer (`close()`) keeps the thread from the next one.
        thread.answering = True
        thread.is_only = environ.get("wsgi.multithread") is False
        if content_type := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = plain(content_type)
        return self.application(environ, start_response)


@contextmanager
def patient() -> Iterator[None]:
    """Work of an answering thread that waits as long as the database needs."""
    before, thread.answering = is_answering(), False
    try:
        yield
    finally:
        thread.answering = before


def plain(content_type: str) -> str:
    """The media type, with the boundary of a form's parts and no other parameter.

    Django reads all parameters of every request before anything else, in quadratic time (email.message), and fails on
    charsets that are no charsets of text (rot13) outside of its own handling of errors. All forms here are UTF-8.
    """
    content_type = content_type[:LONGEST_CONTENT_TYPE]
    kind = content_type.partition(";")[0].strip().lower()
    boundary = BOUNDARY.search(content_type) if kind == "multipart/form-data" else None
    return f'{kind}; boundary="{boundary[2]}"' if boundary else kind

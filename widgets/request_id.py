"""The id of the request that a thread answers. The request's log lines and its answer's header X-Request-ID show it."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

HEADER = "X-Request-ID"
GOOD = re.compile("[A-Za-z0-9-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """This thread's request id; empty outside of a request, and for polls that the fast path answers."""
    return _current.get()


def begin(given: str) -> str:
    """`given`: the id from a trusted proxy, if there is one."""
    request_id = given if GOOD.fullmatch(given) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def end(**_: Any) -> None:
    """Receives the signal `request_finished`, which Django sends after the work that follows a response."""
    _current.set("")


@contextmanager
def carried(request_id: str) -> Iterator[None]:
    """Inside the `with`, this thread works for the request with this id."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)

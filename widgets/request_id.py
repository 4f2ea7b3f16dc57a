"""The id of the request that a thread answers. The request's log lines contain the id.

Responses have the id in the header X-Request-ID, except responses to polls and shared boards.
"""

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
    """This thread's request id. Empty if the thread works for no request, or if `poll.fast_path` answers the poll."""
    return _current.get()


def begin(given: str) -> str:
    """Sets and returns this thread's request id.

    The id is `given`, which comes from a trusted proxy. If `given` is empty or not valid, the id is new.
    """
    request_id = given if GOOD.fullmatch(given) else uuid.uuid4().hex
    _current.set(request_id)
    return request_id


def end(**_: Any) -> None:
    """Django calls this function after each response (`request_finished`)."""
    _current.set("")


@contextmanager
def carried(request_id: str) -> Iterator[None]:
    """Sets this thread's request id within a `with` block, for work that belongs to that request."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)

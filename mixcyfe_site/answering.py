"""The outermost WSGI application."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from widgets.refresh import answering

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
LONGEST_CONTENT_TYPE = 300
BOUNDARY = re.compile(r'; *boundary=("?)([^\s";]{1,70})\1 *(?:;|$)', re.IGNORECASE)
"""A boundary has at most 70 characters (RFC 2046, section 5.1.1)."""


class Answering:
    """Marks each calling thread as one that answers requests, and simplifies the header Content-Type."""

    def __init__(self, application: WSGI) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answering.begin(is_only=environ.get("wsgi.multithread") is False)
        if content_type := environ.get("CONTENT_TYPE"):
            environ["CONTENT_TYPE"] = plain(content_type)
        return self.application(environ, start_response)


def plain(content_type: str) -> str:
    """Returns the media type without parameters, except the `boundary` of a multipart form.

    Django parses long parameters very slowly (in quadratic time), and a charset such as rot13 makes Django raise an
    error. All forms of MixCyfe are UTF-8, so no charset is needed.
    """
    content_type = content_type[:LONGEST_CONTENT_TYPE]
    kind = content_type.partition(";")[0].strip().lower()
    boundary = BOUNDARY.search(content_type) if kind == "multipart/form-data" else None
    return f'{kind}; boundary="{boundary[2]}"' if boundary else kind

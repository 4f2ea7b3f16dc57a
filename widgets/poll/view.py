"""The Django view for widget addresses."""

import logging
from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from widgets.counting import polls
from widgets.formats import FORMATS
from widgets.poll import response as poll_response
from widgets.poll.page import PAGE

logger = logging.getLogger(__name__)

POLLED = "/w/"
"""The path prefix of all widget addresses."""


@csrf_exempt
def poll(request: HttpRequest, address: str) -> HttpResponse:
    """Answers `/w/<slug>.<format>` with data, and `/w/<slug>` with a page. Ignores cookies and query parameters."""
    try:
        reply = answer(request, address)
    except Exception:
        # Django's own log line would contain the address, which is a secret.
        logger.exception("a poll failed")
        reply = poll_response.broken()
        polls.count(polls.BROKEN)
    else:
        polls.count_answer(reply.status, reply.headers)
    return respond(reply, request)


def answer(request: HttpRequest, address: str) -> poll_response.Answer:
    if request.method not in ("GET", "HEAD"):
        return poll_response.not_allowed()
    slug, dot, ending = address.partition(".")
    # An address without an ending is the page's address. The ending ".page" must not lead to the page.
    format = PAGE if not dot else ending if ending in FORMATS else ""
    return poll_response.answer(slug, format, request.headers.get("If-None-Match", ""))


class PollResponse(HttpResponse):
    """WSGI servers call `close` after the body was sent. `close` calls the functions in `after_response`."""

    after_response: Sequence[Callable[[], object]] = ()
    xframe_options_exempt = False

    def close(self) -> None:
        steps, self.after_response = self.after_response, ()
        for step in steps:
            try:
                step()
            except Exception:
                logger.exception("work after a response failed")
        super().close()


def respond(reply: poll_response.Answer, request: HttpRequest) -> HttpResponse:
    """Converts the answer to Django's response."""
    response = PollResponse(reply.body if request.method != "HEAD" else b"", status=reply.status)
    del response["Content-Type"]
    for name, value in reply.headers:
        response[name] = value
    if reply.status != 304:
        response["Content-Length"] = str(len(reply.body))
    response.xframe_options_exempt = reply.may_be_framed
    response.after_response = reply.after_response
    return response

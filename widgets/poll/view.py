"""Pages and addresses, thin: each calls one of the few functions that do the work."""

import logging
from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from widgets.poll import response as poll_response

logger = logging.getLogger(__name__)

POLLED = "/w/"
"""What the addresses of widgets begin with."""


@csrf_exempt
def poll(request: HttpRequest, address: str) -> HttpResponse:
    """`/w/<slug>.<format>`: what Cyfe polls. Reads no cookie and no query parameter."""
    if request.method not in ("GET", "HEAD"):
        return respond(poll_response.not_allowed(), request)
    slug, _, format = address.rpartition(".")
    try:
        reply = poll_response.answer(slug, format, request.headers.get("If-None-Match", ""))
    except Exception:
        # Logged here, because Django's own line would hold the address, which is a key.
        logger.exception("a poll failed")
        reply = poll_response.broken()
    return respond(reply, request)


class PollResponse(HttpResponse):
    """A poll's answer. WSGI servers call `close` once the body is out: then what has waited for that is done."""

    after_response: Sequence[Callable[[], object]] = ()

    def close(self) -> None:
        steps, self.after_response = self.after_response, ()
        for step in steps:
            try:
                step()
            except Exception:
                # Nobody waits for this any more, so it can only be logged.
                logger.exception("work after an answer failed")
        super().close()


def respond(reply: poll_response.Answer, request: HttpRequest) -> HttpResponse:
    response = PollResponse(reply.body if request.method != "HEAD" else b"", status=reply.status)
    del response["Content-Type"]
    for name, value in reply.headers:
        response[name] = value
    if reply.status != 304:
        response["Content-Length"] = str(len(reply.body))
    response.after_response = reply.after_response
    return response

"""Middleware for request ids, security headers, the limit on a request's size, and pages that read no cookies."""

from collections.abc import Callable

from django.conf import settings
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse

from widgets import request_id
from widgets.poll.view import POLLED, poll
from widgets.web.error_pages import error_page
from widgets.web.metrics_page import METRICS, metrics
from widgets.web.shared_boards import SHARED, shared_board

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With `no-referrer`, browsers would post forms with the origin "null", which Django refuses.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "private, no-store",
}
"""Django's own middleware adds some of these headers, but not to every response: its redirects to https have no
X-Frame-Options."""


class RequestIdMiddleware:
    """Gives each request an id. This is the first middleware, so all log lines of the request contain the id.

    Responses to polls and shared boards have no id: all processes must send the same response, and all wrong addresses
    must get the same response.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        request_finished.connect(request_id.end, dispatch_uid="widgets.request_id")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = request_id.begin(request.headers.get(request_id.HEADER, "") if settings.TRUST_PROXY else "")
        response = self.get_response(request)
        if not request.path_info.startswith((POLLED, SHARED)):
            response.headers[request_id.HEADER] = begun
        return response


class SafeAnswersMiddleware:
    """Adds the headers in SAFE to every response that lacks them, even to error pages. Refuses too large requests.

    Pages that other sites are allowed to embed get no X-Frame-Options. The header Content-Length tells whether a
    request is too large, so the body is not read. Django's own limit does not apply to uploaded files. Without this
    check, anybody could fill the disk by posting files to the login page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        response = error_page(413) if announced_length(request) > most else self.get_response(request)
        for name, value in SAFE.items():
            if name != "X-Frame-Options" or not getattr(response, "xframe_options_exempt", False):
                response.headers.setdefault(name, value)
        return response


class MachineMiddleware:
    """Answers polls, /metrics and shared boards, before any middleware that reads cookies."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        for prefix, view in ((POLLED, poll), (SHARED, shared_board)):
            if request.path_info.startswith(prefix):
                request.get_host()  # refuses unknown host names, as CommonMiddleware does for pages
                return view(request, request.path_info.removeprefix(prefix))
        if request.path_info == METRICS:
            request.get_host()
            return metrics(request)
        return self.get_response(request)


def announced_length(request: HttpRequest) -> int:
    """Returns the Content-Length as Django reads it: 0 if the header is missing or not a number."""
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0

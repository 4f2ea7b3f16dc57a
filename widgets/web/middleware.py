"""What holds for every answer: the headers that keep browsers safe, and how large a request may be."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from widgets.poll.view import POLLED, poll
from widgets.web.error_pages import error_page

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
    # Not `no-referrer`: with it browsers post forms from the origin "null", which Django refuses.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
"""Nothing inline, nothing from other hosts, nothing in search engines, and no address told to others."""


class SafeAnswersMiddleware:
    """The outermost, so that error pages are covered too. Answers that bring a stricter header keep it.

    Bodies are refused by the length they announce, before any of it is read: Django's own limit leaves out
    uploaded files, which it would write to the disk for anybody who posts one to the login page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = error_page(413) if announced_length(request) > largest_body() else self.get_response(request)
        for name, value in SAFE.items():
            response.headers.setdefault(name, value)
        return response


class MachineMiddleware:
    """Answers polls at once: sessions, messages and the like are for people, and cost more than a poll."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(POLLED):
            return self.get_response(request)
        request.get_host()  # refuses hosts that are not ours, as CommonMiddleware does for people
        return poll(request, request.path_info.removeprefix(POLLED))


def announced_length(request: HttpRequest) -> int:
    """What is sent without its length, or with nonsense, is read as empty (by Django too)."""
    length = str(request.META.get("CONTENT_LENGTH") or "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


def largest_body() -> int:
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0

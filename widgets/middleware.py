"""What holds for every page: the Content-Security-Policy, and whose address a request came from."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .views import poll

POLLED = "/w/"
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


class MachineMiddleware:
    """Answers polls at once: sessions, messages and the like are for people, and cost more than a poll."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(POLLED):
            return self.get_response(request)
        request.get_host()  # refuses hosts that are not ours, as CommonMiddleware does for people
        return poll(request, request.path_info.removeprefix(POLLED))


class ContentSecurityPolicyMiddleware:
    """Nothing inline, nothing from other hosts. Answers that bring a stricter policy keep it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


def client_address(request: HttpRequest) -> str:
    """The visitor's address; behind a trusted proxy the one that the proxy saw, which it appends last."""
    if settings.TRUST_PROXY and (forwarded := request.META.get("HTTP_X_FORWARDED_FOR")):
        return forwarded.split(",")[-1].strip()
    return request.META.get("REMOTE_ADDR", "")

"""Recognises browsers in which a person has logged in before, by a cookie with a signed random number.

Browsers send the cookie only to the login page and to the pages below its URL. The signature is valid for one user
name. With a stolen cookie, a thief can guess this user's password as often as in a new browser, but no other user's. In
a shared browser, the cookie belongs to the person who logged in last.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.deprecation import MiddlewareMixin

COOKIE = "known_browser"
KNOWN_FOR = timedelta(days=180)


def salt_for(name: str) -> str:
    return f"widgets.accounts.known_browsers {name}"


def known(request: HttpRequest, name: str) -> str:
    """The key of this browser's counter of failed logins; empty if the cookie is not valid for this user name."""
    number = request.get_signed_cookie(COOKIE, default="", salt=salt_for(name), max_age=KNOWN_FOR)
    return f"browser {number}" if number else ""


def remember(request: Any, name: str) -> None:
    """Makes KnownBrowserMiddleware set the cookie. `name`: the name of the user who has just logged in."""
    number = known(request, name).removeprefix("browser ") or get_random_string(22)
    request.known_browser = (name, number)


class KnownBrowserMiddleware(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if name_and_number := getattr(request, "known_browser", None):
            name, number = name_and_number
            response.set_signed_cookie(
                COOKIE,
                number,
                salt=salt_for(name),
                max_age=KNOWN_FOR,
                path=reverse("admin:login"),
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response

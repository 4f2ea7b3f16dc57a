"""Guessing passwords: what is counted, and when it is refused. The counters are django-axes', in its AccessAttempt.

A failure counts for `AXES_COOLOFF_TIME`, and two ceilings hold: one for a name from an address, and one for an
address, whatever the names. While one is reached, nothing is checked and nothing is written, so a lockout ends
however often somebody goes on trying. Browsers in which somebody has logged in before are counted on their own:
whoever guesses from the same office, or through the same proxy, keeps only new browsers out
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from widgets.accounts import failed_logins, known_browsers
from widgets.accounts.client import harmless

NEW_BROWSER = ""
"""What counters of browsers that are not known hold in `user_agent`: programs name themselves as they like."""

LONGEST_NAME = 64


def name_tried(request: HttpRequest, credentials: Any = None) -> str:
    """AXES_USERNAME_CALLABLE: a name as counters, the record and the log have it. Strangers choose it freely."""
    return shortened((credentials or request.POST).get("username") or "")


def shortened(name: str) -> str:
    name = harmless(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def refused(request: HttpRequest, *_: Any) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: the same for every name, so that nobody learns which ones there are."""
    response = render(request, "lockout.html", status=429)
    response["Retry-After"] = str(round(settings.AXES_COOLOFF_TIME * 3600))
    return response


def count(request: Any, name: str, browser: str) -> None:
    """One more failure. The row holds what counting needs and nothing that a stranger could make large."""
    row, is_new = AccessAttempt.objects.get_or_create(
        username=name,
        ip_address=request.axes_ip_address,
        user_agent=browser,
        defaults={"failures_since_start": 1},
    )
    if not is_new:
        AccessAttempt.objects.filter(pk=row.pk).update(
            failures_since_start=F("failures_since_start") + 1, attempt_time=request.axes_attempt_time
        )


def failures(attempts: QuerySet[AccessAttempt]) -> int:
    return attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0


class SignInHandler(AxesDatabaseHandler):
    """AXES_HANDLER."""

    def filter_user_attempts(self, request: Any, credentials: Any = None) -> list[QuerySet[AccessAttempt]]:
        """The counters that hold for an attempt: the name's, then the address's."""
        name = name_tried(request, credentials)
        if browser := known_browsers.known(request, name):
            return [AccessAttempt.objects.filter(username=name, user_agent=browser)]
        strangers = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, user_agent=NEW_BROWSER)
        return [strangers.filter(username=name), strangers]

    def above_limits(self, request: Any, credentials: Any = None) -> int:
        """How far the fullest counter is above its limit: 0 with the failure that reaches it, negative below."""
        limits = (settings.AXES_FAILURE_LIMIT, settings.FAILURE_LIMIT_OF_ADDRESS)
        counters = self.get_user_attempts(request, credentials)
        return max(failures(counter) - limit for counter, limit in zip(counters, limits, strict=False))

    def is_locked(self, request: Any, credentials: Any = None) -> bool:
        return self.above_limits(request, credentials) >= 0

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
        request.axes_credentials = credentials
        if request.axes_locked_out:
            return
        self.clean_expired_user_attempts(request, credentials)
        name = name_tried(request, credentials)
        with transaction.atomic():
            count(request, name, known_browsers.known(request, name) or NEW_BROWSER)
            above = self.above_limits(request, credentials)
            # Attempts at the same time may pass the limit together: one of them begins the lockout.
            failed_logins.record(request, name, "login failed", begins_lockout=above == 0)
        request.axes_locked_out = above >= 0

    def user_logged_in(self, sender: Any, request: Any, user: Any, **_: Any) -> None:
        request.axes_http_accept = ""
        request.axes_user_agent = failed_logins.program(request)
        super().user_logged_in(sender, request, user)
        known_browsers.remember(request, shortened(user.get_username()))

    def reset_user_attempts(self, request: Any, credentials: Any = None) -> int:
        """Forgets the failures of the name only: with an account of one's own, one could go on guessing others'."""
        removed, _ = self.filter_user_attempts(request, credentials)[0].delete()
        return removed

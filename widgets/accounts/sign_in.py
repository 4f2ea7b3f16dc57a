"""Limits password guessing on the login page, with the counters of django-axes (AccessAttempt).

There are two limits: one per user name and network address, and one per network address. A counter ends
AXES_COOLOFF_TIME after its last failure. Attempts during a lockout are not counted, so they don't prolong it.

Each browser in which a person has logged in before has its own counter. So an attacker in the same office, or behind
the same proxy, can lock out only new browsers
(https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies).
"""

from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from widgets.accounts import failed_logins, known_browsers, mails
from widgets.accounts.client import harmless, program

NEW_BROWSER = ""
"""The value of the column `user_agent` for all new browsers. With the real User-Agent there, an
attacker could get a new counter for each invented User-Agent.
"""

LONGEST_NAME = 64


def name_tried(request: HttpRequest, credentials: Any = None) -> str:
    """The typed user name, shortened, with control characters escaped. AXES_USERNAME_CALLABLE names this function."""
    return shortened((credentials or request.POST).get("username") or "")


def shortened(name: str) -> str:
    name = harmless(name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def refused(request: HttpRequest, *_: Any) -> HttpResponse:
    """The lockout page. It does not show whether the user name exists. AXES_LOCKOUT_CALLABLE names this function."""
    response = render(request, "lockout.html", status=429)
    response["Retry-After"] = str(round(settings.AXES_COOLOFF_TIME * 3600))
    return response


def count(request: Any, name: str, browser: str) -> None:
    """Counts one failure. All texts in the row are short, so that a stranger can't fill the database."""
    AccessAttempt.objects.filter(attempt_time__lt=get_cool_off_threshold(request)).delete()
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


def tell_of_lockout(name: str) -> None:
    """Mails the account's owner, at most once per day, that a lockout has begun."""
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    if user is not None:
        mails.send_once_per_day(
            user,
            "lockout_mailed_at",
            "Wrong passwords for your account at MixCyfe",
            "Somebody entered a wrong password for your account, after too many failed logins. For a quarter of an "
            "hour, the browser that was used can't log in to your account. If you have never logged in with that "
            "browser, this is also true for all other new browsers in its network. If it was you, wait for a quarter "
            "of an hour, or use another browser in which you have logged in before. If it was not you, do nothing: "
            "the person did not get in. You get at most one such mail per day.",
        )


class SignInHandler(AxesDatabaseHandler):
    """Counts failed logins, and decides whether a login is locked out. AXES_HANDLER names this class."""

    def filter_user_attempts(self, request: Any, credentials: Any = None) -> list[QuerySet[AccessAttempt]]:
        """The counters of an attempt. A known browser has one counter.

        New browsers share two: the counter of the user name and network address, and that of the network address.
        """
        name = name_tried(request, credentials)
        if browser := known_browsers.known(request, name):
            return [AccessAttempt.objects.filter(username=name, user_agent=browser)]
        strangers = AccessAttempt.objects.filter(ip_address=request.axes_ip_address, user_agent=NEW_BROWSER)
        return [strangers.filter(username=name), strangers]

    def above_limits(self, request: Any, credentials: Any = None) -> int:
        """The largest difference between a counter and its limit: negative if all counters are below their limits."""
        limits = (settings.AXES_FAILURE_LIMIT, settings.FAILURE_LIMIT_OF_ADDRESS)
        counters = self.get_user_attempts(request, credentials)
        return max(failures(counter) - limit for counter, limit in zip(counters, limits, strict=False))

    def is_locked(self, request: Any, credentials: Any = None) -> bool:
        return self.above_limits(request, credentials) >= 0

    def user_login_failed(self, sender: Any, credentials: dict[str, Any], request: Any = None, **_: Any) -> None:
        request.axes_credentials = credentials
        if request.axes_locked_out:
            return
        name = name_tried(request, credentials)
        with transaction.atomic():
            count(request, name, known_browsers.known(request, name) or NEW_BROWSER)
            above = self.above_limits(request, credentials)
            # Simultaneous attempts can exceed the limit. Only the attempt that reaches the limit begins the lockout.
            failed_logins.record(request, name, "login failed", begins_lockout=above == 0)
        if above == 0:
            tell_of_lockout(credentials.get("username") or "")
        request.axes_locked_out = above >= 0

    def user_logged_in(self, sender: Any, request: Any, user: Any, **_: Any) -> None:
        request.axes_http_accept = ""
        request.axes_user_agent = program(request)[:120]
        super().user_logged_in(sender, request, user)
        known_browsers.remember(request, shortened(user.get_username()))

    def reset_user_attempts(self, request: Any, credentials: Any = None) -> int:
        """Deletes only the failures with this user name.

        Otherwise attackers could reset the network address's counter by logging in to their own account.
        """
        removed, _ = self.filter_user_attempts(request, credentials)[0].delete()
        return removed

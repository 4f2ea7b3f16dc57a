"""Limits guesses of the old password in the form that changes a password, because a session may be stolen.

Failures count per session, not per account, so that a thief can't stop the owner from changing the password.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse

from widgets.accounts.failed_logins import record
from widgets.accounts.sessions import digest
from widgets.accounts.sign_in import count, failures, refused, shortened


def guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """`view` must answer an invalid form with a TemplateResponse that holds `form`, like Django's own view."""

    @wraps(view)
    def change_password(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        AxesProxyHandler.update_request(request)
        name, session = shortened(request.user.get_username()), f"session {digest(request.session.session_key)}"
        if above_limit(request, name, session) >= 0:
            return refused(request)
        response = view(request, *args, **kwargs)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is None or not form.has_error("old_password", "password_incorrect"):
            return response
        with transaction.atomic():
            count(request, name, session)
            above = above_limit(request, name, session)
            record(request, name, "password change failed", begins_lockout=above == 0)
        return refused(request) if above >= 0 else response

    return change_password


def above_limit(request: Any, name: str, session: str) -> int:
    counted = AccessAttempt.objects.filter(
        username=name, user_agent=session, attempt_time__gte=get_cool_off_threshold(request)
    )
    return failures(counted) - settings.AXES_FAILURE_LIMIT

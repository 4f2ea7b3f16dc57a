"""Limits wrong guesses of second-factor codes, and of passwords on pages for logged-in people.

Somebody who knows the password could guess a code, and the thief of a session could guess the password. `sign_in`
limits guesses on the login page. The counters of both modules are rows of django-axes' AccessAttempt. A counter ends
AXES_COOLOFF_TIME after its last failure. During a lockout, no guess is checked and nothing is written.
`password_reset` limits its requests with counters of the same kind.
"""

from dataclasses import dataclass
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from widgets.accounts import known_browsers
from widgets.accounts.failed_logins import record
from widgets.accounts.sessions import digest
from widgets.accounts.sign_in import count, failures, shortened

CODES = 5
"""The number of wrong codes that begins a lockout. At any time, 3 of a million codes are valid, so an attacker with 5
tries per quarter of an hour needs about 2 years on average.
"""


@dataclass(frozen=True, slots=True)
class Guesses:
    """A counter of wrong guesses. `limit`: the number of failures that begins a lockout.

    `name` and `kind` identify the counter, for example a user name and “session …”. They are stored in the columns
    `username` and `user_agent` of AccessAttempt.
    """

    name: str
    kind: str
    limit: int

    def are_locked(self, request: Any) -> bool:
        AxesProxyHandler.update_request(request)
        return self._above_limit(request) >= 0

    def reserve(self, request: Any) -> int:
        """Counts a guess before it is checked, so that simultaneous guesses can't exceed the limit.

        Returns the count minus the limit, or 1 during a lockout. If the result is above 0, the caller must not check
        the guess.
        """
        if self.are_locked(request):
            return 1
        with transaction.atomic():
            get_user_model().objects.select_for_update().filter(username=self.name).first()
            count(request, self.name, self.kind)
            return self._above_limit(request)

    def record_failure(self, request: Any, failure: str, above: int) -> bool:
        """Logs a wrong guess. `above`: the result of `reserve`. Returns True if this failure begins the lockout."""
        record(request, self.name, failure, begins_lockout=above == 0)
        return above == 0

    def forget(self) -> None:
        AccessAttempt.objects.filter(username=self.name, user_agent=self.kind).delete()

    def _above_limit(self, request: Any) -> int:
        counted = AccessAttempt.objects.filter(
            username=self.name, user_agent=self.kind, attempt_time__gte=get_cool_off_threshold(request)
        )
        return failures(counted) - self.limit


def of_session(request: Any) -> Guesses:
    """The counter of wrong passwords and codes that this session sends after its login.

    Each session has its own counter, so that the thief of a session can't lock out the account's owner.
    """
    name = shortened(request.user.get_username())
    return Guesses(name, f"session {digest(request.session.session_key)}", settings.AXES_FAILURE_LIMIT)


def of_codes(request: Any, user: Any) -> Guesses:
    """The counter of wrong second-factor codes for this account.

    Each browser in which the owner has logged in before has its own counter, so that attackers can lock out only new
    browsers.
    """
    name = shortened(user.get_username())
    return Guesses(name, f"code {known_browsers.known(request, name)}", CODES)

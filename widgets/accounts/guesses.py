"""Counts wrong guesses that the password counters of `sign_in` do not cover, in the same table.

Somebody who knows the password may guess the second factor; somebody who has the session may guess the password. A
count holds for AXES_COOLOFF_TIME after the last counted failure. During a lockout nothing is checked or written.
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
"""Wrong codes until the lockout. Three of a million codes are right at a time: 480 guesses per day need 2 years."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """`kind` is the `user_agent` of the counters; passwords use other values (`sign_in.NEW_BROWSER`)."""

    name: str
    kind: str
    limit: int

    def are_locked(self, request: Any) -> bool:
        AxesProxyHandler.update_request(request)
        return self._above_limit(request) >= 0

    def reserve(self, request: Any) -> int:
        """Counts a guess before it is checked. Returns the count minus the limit; if that is above 0, check nothing.

        So simultaneous guesses, even from many addresses, can't exceed the limit.
        """
        if self.are_locked(request):
            return 1
        with transaction.atomic():
            get_user_model().objects.select_for_update().filter(username=self.name).first()
            count(request, self.name, self.kind)
            return self._above_limit(request)

    def record_failure(self, request: Any, what: str, above: int) -> bool:
        """Records that a reserved guess was wrong. True if it begins the lockout."""
        record(request, self.name, what, begins_lockout=above == 0)
        return above == 0

    def count_failure(self, request: Any, what: str) -> bool:
        """Counts and records one failure. True if the lockout begins or goes on."""
        with transaction.atomic():
            count(request, self.name, self.kind)
            above = self._above_limit(request)
            record(request, self.name, what, begins_lockout=above == 0)
        return above >= 0

    def forget(self) -> None:
        AccessAttempt.objects.filter(username=self.name, user_agent=self.kind).delete()

    def _above_limit(self, request: Any) -> int:
        counted = AccessAttempt.objects.filter(
            username=self.name, user_agent=self.kind, attempt_time__gte=get_cool_off_threshold(request)
        )
        return failures(counted) - self.limit


def of_session(request: Any) -> Guesses:
    """Counts per session, not per account, so that a thief of a session can't lock out the owner."""
    name = shortened(request.user.get_username())
    return Guesses(name, f"session {digest(request.session.session_key)}", settings.AXES_FAILURE_LIMIT)


def of_codes(request: Any, user: Any) -> Guesses:
    """Counts per account. Browsers with an earlier login have their own count, so that no thief locks out the owner."""
    name = shortened(user.get_username())
    return Guesses(name, f"code {known_browsers.known(request, name)}", CODES)

"""Mixpanel's errors: one class per action that people or MixCyfe can take after the error.

The statuses and messages come from Mixpanel's documentation and from public connectors:
https://developer.mixpanel.com/reference/query-api and …/rate-limits.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from widgets.mixpanel.error_kind import ErrorKind
from widgets.mixpanel.limits import Limits, limits_in

LONGEST_MESSAGE = 300
LONGEST_RETRY_AFTER = 3600.0

_ESCAPE_SEQUENCES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")
_HISTORY = re.compile(r"date range exceeds ([0-9]{1,6}) days into the past", re.IGNORECASE)
_TIMED_OUT = re.compile(r"timeout error\.?", re.IGNORECASE)
_USER_VISIBLE = "UserVisibleParamsError:"
_NOT_COUNTED = (401, 402, 429)
"""Mixpanel does not count calls with these statuses towards the project's hourly limit."""

WORDS_MATTER = (400, 403)
"""HTTP statuses with several meanings. The message in the body decides."""


class MixpanelError(Exception):
    """The base class of all errors that a query to Mixpanel can raise.

    - `message`: one line of at most 300 characters, without control characters. The caller has removed the secrets.
    - `advice`: tells people what to do.
    - `status`: the HTTP status, or None if there was no response.
    - `retry_after`: the seconds that Mixpanel asks MixCyfe to wait, at most one hour, or None.
    - `gave_up`: MixCyfe sent the query and stopped waiting. The query may run at Mixpanel for two more minutes.
    - `counts`: Mixpanel counts the call towards the project's hourly limit.
    """

    kind: ClassVar[ErrorKind]
    advice: ClassVar[str]

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        gave_up: bool = False,
        counts: bool = True,
    ) -> None:
        self.message = _cut(clean(message))
        super().__init__(self.message)
        self.status = status
        self.retry_after = retry_after
        self.gave_up = gave_up
        self.counts = counts and status not in _NOT_COUNTED

    def advice_on(self, today: date) -> str:
        """Returns `advice`. A HistoryError adds the first possible date. `today`: in the project's time zone."""
        return self.advice


class CredentialsError(MixpanelError):
    """The credentials are wrong or expired, or have no access to the project."""

    kind = ErrorKind.CREDENTIALS
    advice = "Check the project's user name and secret, and check that this account has access to the Mixpanel project."


class PlanError(MixpanelError):
    """The project's plan does not include the Query API."""

    kind = ErrorKind.PLAN
    advice = "Mixpanel answers queries on paid plans only: change this project's plan at Mixpanel."


class QueryError(MixpanelError):
    """The query is wrong. Sending it again is of no use until its widget changes."""

    kind = ErrorKind.QUERY
    advice = "Change the widget: Mixpanel does not accept its event, property, filter, dates or saved report."


class TimeZoneError(QueryError):
    """The project's time zone differs from the time zone at Mixpanel, so the query's dates are wrong."""

    kind = ErrorKind.TIMEZONE
    advice = "On the project's page, choose the time zone that Mixpanel's project settings show."


class HistoryError(QueryError):
    """The date range begins too early: the project's plan includes only the last `days` days (at most 100000)."""

    advice = "Choose later dates: this project's Mixpanel plan does not include such early dates."

    def __init__(self, message: str, *, days: int, **common: Any) -> None:
        super().__init__(message, **common)
        self.days = min(days, 100_000)

    def advice_on(self, today: date) -> str:
        first = today - timedelta(days=max(self.days - 1, 0))
        return (
            f"{self.advice} The first possible date is {first:%-d %B %Y}: the plan includes only the last {self.days} "
            "days, up to today."
        )


class RateLimitError(MixpanelError):
    """The hourly limit is reached, or too many queries run at once. The whole project must wait."""

    kind = ErrorKind.LIMIT
    advice = "Wait: MixCyfe tries again when Mixpanel allows it. To stay below the limit, refresh widgets less often."

    def __init__(self, message: str, *, limits: Limits, **common: Any) -> None:
        # Mixpanel does not count a call that it refused because of a limit, whatever the status.
        super().__init__(message, **common | {"counts": False})
        self.limits = limits


class UnavailableError(MixpanelError):
    """A temporary error. MixCyfe tries again later, with a longer wait after each failure."""

    kind = ErrorKind.UNAVAILABLE
    advice = "Wait: MixCyfe tries again by itself, and shows the last good numbers until then."


class TooLargeError(UnavailableError):
    """The answer is too large to read. For a report, the message says how to make the answer smaller."""

    advice = "Until the answer is smaller, MixCyfe shows the last good numbers."


_MESSAGES: dict[str, tuple[type[MixpanelError], str]] = {
    "unable to authenticate request": (CredentialsError, "Mixpanel refused the credentials"),
    "your plan does not allow api calls": (PlanError, "The project's Mixpanel plan has no API"),
    "query rate limit exceeded": (RateLimitError, "Mixpanel's limit is reached"),
    "queries running in the last hour": (RateLimitError, "Mixpanel's limit is reached"),
    "queries running concurrently": (RateLimitError, "Mixpanel's limit is reached"),
    "to_date cannot be later than today": (TimeZoneError, "Mixpanel refused the dates"),
}
"""Part of Mixpanel's message → the error's class, and the beginning of MixCyfe's message."""

_REFUSED = "Mixpanel refused the query"

_STATUSES: dict[int, tuple[type[MixpanelError], str]] = {
    401: _MESSAGES["unable to authenticate request"],
    402: _MESSAGES["your plan does not allow api calls"],
    429: _MESSAGES["query rate limit exceeded"],
}

_DEFAULTS = {403: _MESSAGES["unable to authenticate request"]}
"""The meaning of a status if the message contains none of the texts in _MESSAGES."""


def error_for(status: int, words: str, headers: Mapping[str, str]) -> MixpanelError:
    """`words`: the message in the body, without secrets. Mixpanel also sends errors with status 200."""
    retry_after = seconds_to_wait(headers.get("Retry-After"))
    if 300 <= status < 400:
        return UnavailableError(
            f"Mixpanel answered {status}, a redirect. MixCyfe does not follow redirects.", status=status
        )
    # A timeout is temporary, even with status 400, which usually means a wrong query.
    timed_out = status == 408 or (status in (200, 400) and _TIMED_OUT.fullmatch(words))
    if timed_out or (status != 200 and not 400 <= status < 500):
        said = f" ({words})" if words else ""
        return UnavailableError(f"Mixpanel answered {status}{said}.", status=status, retry_after=retry_after)
    if status in (200, *WORDS_MATTER) and (error := _wrong_query(status, words)):
        return error
    error_class, lead = _STATUSES.get(status) or _meaning(words) or _DEFAULTS.get(status, (QueryError, _REFUSED))
    message = f"{lead}: {words}" if words else f"{lead} ({status})."
    if error_class is RateLimitError:
        return RateLimitError(message, limits=limits_in(words, headers), status=status, retry_after=retry_after)
    return error_class(message, status=status, retry_after=retry_after)


def _wrong_query(status: int, words: str) -> MixpanelError | None:
    """Returns the error if the message says that the query itself is wrong, else None."""
    if found := _HISTORY.search(words):
        lead = _MESSAGES["to_date cannot be later than today"][1]
        return HistoryError(f"{lead}: {words}", days=int(found[1]), status=status)
    if words.startswith(_USER_VISIBLE):
        said = words.removeprefix(_USER_VISIBLE).strip()
        return QueryError(f"{_REFUSED}: {said}" if said else f"{_REFUSED} ({status}).", status=status)
    return None


def seconds_to_wait(header: str | None) -> float | None:
    """Converts a `Retry-After` header (RFC 9110, section 10.2.3) into seconds from now, at most one hour.

    Returns None if the header is missing or not valid.
    """
    try:
        # Cut the header, because Python refuses to parse a number with thousands of digits.
        return min(float(Retry().parse_retry_after((header or "")[:100])), LONGEST_RETRY_AFTER)
    except (InvalidHeader, ValueError, TypeError, IndexError, OverflowError):
        return None


def clean(text: str) -> str:
    """Returns the text as one line, for logs and databases: without control characters and lone surrogates."""
    text = _ESCAPE_SEQUENCES.sub("", text)
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _meaning(words: str) -> tuple[type[MixpanelError], str] | None:
    lowered = words.casefold()
    return next((meaning for part, meaning in _MESSAGES.items() if part in lowered), None)

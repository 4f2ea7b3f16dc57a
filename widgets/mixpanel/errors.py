"""What goes wrong at Mixpanel, one class per thing that somebody can do about it.

Statuses and words are those that Mixpanel's documentation and public connectors recorded:
https://developer.mixpanel.com/reference/query-api and …/rate-limits.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

from widgets.mixpanel.limits import Limits, limits_in

LONGEST_MESSAGE = 300
LONGEST_RETRY_AFTER = 86400.0

_ESCAPE_SEQUENCES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")
_HISTORY = re.compile(r"date range exceeds ([0-9]{1,6}) days into the past", re.IGNORECASE)
_TIMED_OUT = re.compile(r"timeout error\.?", re.IGNORECASE)
_FOR_PEOPLE = "UserVisibleParamsError:"
_NOT_COUNTED = (401, 402, 429)
"""Statuses of calls that don't count to the project's hour."""

WORDS_MATTER = (400, 403)
"""Statuses that may mean one thing or another: only the words tell."""


class MixpanelError(Exception):
    """The root of all that `client` raises; always raised as one of its subclasses.

    `message` may be shown and kept: one line, at most 300 characters, without control characters; whoever
    makes an error has taken the credentials out. `status` is Mixpanel's, None when there was no answer.
    `retry_after`: seconds that Mixpanel asked us to wait, 0 to 86400. `gave_up`: we stopped waiting after
    the query was sent, so at Mixpanel it may go on running (and counting) for up to two minutes.
    `counts`: whether Mixpanel counts the call to the project's hour.
    """

    kind: ClassVar[str]
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
        """`advice`, with the dates that would do; `today` in the project's zone."""
        return self.advice


class CredentialsError(MixpanelError):
    """Wrong or expired credentials, or no access to this project: stop until they change."""

    kind = "credentials"
    advice = "Check the project's user name and secret, and that they may see this project at Mixpanel."


class PlanError(MixpanelError):
    """The project's plan has no Query API: stop until it has."""

    kind = "plan"
    advice = "Mixpanel answers queries on paid plans only: change this project's plan at Mixpanel."


class QueryError(MixpanelError):
    """The query itself is wrong: do not ask it again until its widget changes."""

    kind = "query"
    advice = "Change the widget: Mixpanel does not accept its event, property, filter, dates or saved report."


class TimeZoneError(QueryError):
    """Dates were computed in another time zone than Mixpanel's project has."""

    kind = "timezone"
    advice = "Set the project's time zone to the one in Mixpanel's project settings."


class HistoryError(QueryError):
    """The range begins before the history that the project's plan shows: `days`, up to 100000."""

    advice = "Choose later dates: this project's plan at Mixpanel does not go back so far."

    def __init__(self, message: str, *, days: int = 0, **common: Any) -> None:
        super().__init__(message, **common)
        self.days = min(days, 100_000)

    def advice_on(self, today: date) -> str:
        first = today - timedelta(days=max(self.days - 1, 0))
        return f"{self.advice} Dates from {first:%-d %B %Y} on would do: the last {self.days} days, today among them."


class RateLimitError(MixpanelError):
    """The project's queries are used up, or too many run at once: hold back the whole project."""

    kind = "limit"
    advice = "Wait: it goes on by itself when Mixpanel allows; fewer or rarer queries keep below the limit."

    def __init__(self, message: str, *, limits: Limits | None = None, **common: Any) -> None:
        # Mixpanel counts none that it refused so, whatever the status.
        super().__init__(message, **common | {"counts": False})
        self.limits = limits or Limits()


class UnavailableError(MixpanelError):
    """Passing trouble: ask again later, with growing waits."""

    kind = "unavailable"
    advice = "Wait: it is tried again by itself, and the last good numbers stay."


class TooLargeError(UnavailableError):
    """An answer that nobody reads: it passes if Mixpanel was wrong, and its message says what to ask for if not."""

    advice = "Until then the last good numbers stay."


_SAID: dict[str, tuple[type[MixpanelError], str]] = {
    "unable to authenticate request": (CredentialsError, "Mixpanel refused the credentials"),
    "your plan does not allow api calls": (PlanError, "The project's Mixpanel plan has no API"),
    "query rate limit exceeded": (RateLimitError, "Mixpanel's limit is reached"),
    "queries running in the last hour": (RateLimitError, "Mixpanel's limit is reached"),
    "queries running concurrently": (RateLimitError, "Mixpanel's limit is reached"),
    "to_date cannot be later than today": (TimeZoneError, "Mixpanel refused the dates"),
}
"""What Mixpanel's words mean where the status alone does not tell (400 above all)."""

_REFUSED = "Mixpanel refused the query"

_STATUSES: dict[int, tuple[type[MixpanelError], str]] = {
    401: _SAID["unable to authenticate request"],
    402: _SAID["your plan does not allow api calls"],
    429: _SAID["query rate limit exceeded"],
}

_OTHERWISE = {403: _SAID["unable to authenticate request"]}
"""What statuses mean whose words say nothing else."""


def error_for(status: int, words: str, headers: Mapping[str, str]) -> MixpanelError:
    """The error that an answer with this status stands for; `words` is what its body says, redacted.

    Status 200 is for answers whose JSON holds an `error`.
    """
    retry_after = seconds_to_wait(headers.get("Retry-After"))
    if 300 <= status < 400:
        return UnavailableError(f"Mixpanel answered {status}, a redirect, which is not followed.", status=status)
    # A request that timed out (408, or in words) is a timeout, though its number says that the query is wrong.
    timed_out = status == 408 or (status in (200, 400) and _TIMED_OUT.fullmatch(words))
    if timed_out or (status != 200 and not 400 <= status < 500):
        said = f" ({words})" if words else ""
        return UnavailableError(f"Mixpanel answered {status}{said}.", status=status, retry_after=retry_after)
    if status in (200, *WORDS_MATTER) and (error := _wrong_query(status, words)):
        return error
    kind, lead = _STATUSES.get(status) or _meaning(words) or _OTHERWISE.get(status, (QueryError, _REFUSED))
    message = f"{lead}: {words}" if words else f"{lead} ({status})."
    if kind is RateLimitError:
        return RateLimitError(message, limits=limits_in(words, headers), status=status, retry_after=retry_after)
    return kind(message, status=status, retry_after=retry_after)


def _wrong_query(status: int, words: str) -> MixpanelError | None:
    """The error where the words are about this query alone, whatever the status says."""
    if found := _HISTORY.search(words):
        lead = _SAID["to_date cannot be later than today"][1]
        return HistoryError(f"{lead}: {words}", days=int(found[1]), status=status)
    if words.startswith(_FOR_PEOPLE):
        said = words.removeprefix(_FOR_PEOPLE).strip()
        return QueryError(f"{_REFUSED}: {said}" if said else f"{_REFUSED} ({status}).", status=status)
    return None


def seconds_to_wait(header: str | None) -> float | None:
    """A `Retry-After` header (seconds, or an HTTP date) as seconds from now, 0 to 86400; else None.

    Source: RFC 9110, section 10.2.3.
    """
    value = (header or "").strip()
    if re.fullmatch("[0-9]+", value):
        digits = value.lstrip("0")
        return min(float(digits or 0), LONGEST_RETRY_AFTER) if len(digits) < 10 else LONGEST_RETRY_AFTER
    try:
        then = parsedate_to_datetime(value)
        wait = (then if then.tzinfo else then.replace(tzinfo=UTC)) - datetime.now(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def clean(text: str) -> str:
    """One line that terminals, logs, databases and pages can all take: no controls, no lone surrogates."""
    text = _ESCAPE_SEQUENCES.sub("", text)
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text).split())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 1] + "…"


def _meaning(words: str) -> tuple[type[MixpanelError], str] | None:
    lowered = words.casefold()
    return next((meaning for said, meaning in _SAID.items() if said in lowered), None)

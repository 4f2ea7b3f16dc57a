"""Stores sessions so that nobody can log in with a stolen backup of the database. SESSION_ENGINE names this module.

The database holds each session's data encrypted, and a digest of the session's key. Only the cookie holds the key.

A session with a login ends when SESSION_COOKIE_AGE has passed since its last request (or up to TOUCH_SECONDS earlier),
and at the latest when SESSION_ENDS_AFTER has passed since its login. The column `expire_date` holds the time at which
the session ends. A request updates the column only if the new time is more than TOUCH_SECONDS later, so an active
person causes one write per hour.
"""

import hashlib
import hmac
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.dispatch import receiver
from django.utils import timezone

from widgets.accounts.client import client_address, program
from widgets.models.encrypted import Encrypted, SecretLost, encrypt

SIGNED_IN_AT = "signed_in_at"
CLIENT = "client"
TOUCH_SECONDS = 3600
BEFORE_LOGIN = 3600
"""Seconds until a session without a login ends. The time is short, because strangers can begin such sessions."""


def digest(key: str) -> str:
    """The HMAC of a session's key, cut to the length of the column `session_key`."""
    return hmac.new(settings.SECRET_KEY.encode(), f"session {key}".encode(), hashlib.sha256).hexdigest()[:40]


def seconds_left(data: dict[str, Any]) -> float:
    """Seconds until a session with this data ends, if no further request comes."""
    if SIGNED_IN_AT not in data:
        return BEFORE_LOGIN
    until_end: float = data[SIGNED_IN_AT] + settings.SESSION_ENDS_AFTER - time.time()
    return max(min(settings.SESSION_COOKIE_AGE, until_end), 0)


class SessionStore(DatabaseSessions):
    @classmethod
    def get_model_class(cls) -> Any:
        from widgets.models import Session

        return Session

    def encode(self, session_dict: dict[str, Any]) -> str:
        return encrypt(self.serializer().dumps(session_dict).decode("latin-1")).token

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The session's data; empty if no key decrypts the data. The person must then log in again."""
        try:
            found: dict[str, Any] = self.serializer().loads(Encrypted(str(session_data)).reveal().encode("latin-1"))
        except (SecretLost, ValueError):
            return {}
        return found

    def load(self) -> dict[str, Any]:
        session = self._get_session_from_db()
        if session is None:
            return {}
        data = self.decode(session.session_data)
        stored = (session.expire_date - timezone.now()).total_seconds()
        if seconds_left(data) - stored > TOUCH_SECONDS:
            self.modified = True  # the middleware then saves the session and renews the cookie
        return data

    def get_expiry_age(self, **_: Any) -> int:
        return int(seconds_left(dict(self.items())))

    def get_expiry_date(self, **_: Any) -> datetime:
        return timezone.now() + timedelta(seconds=seconds_left(dict(self.items())))

    def _get_session_from_db(self) -> Any:
        found = self.model.objects.filter(session_key=digest(self.session_key or ""), expire_date__gt=timezone.now())
        session = found.first()
        if session is None:
            self._session_key = None
        return session

    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.session_key = digest(session.session_key)
        session.user_id = data.get(SESSION_KEY)
        return session

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest(key))


@receiver(user_logged_in, dispatch_uid="widgets.accounts.sessions")
def remember_login(request: Any, **_: Any) -> None:
    request.session[SIGNED_IN_AT] = int(time.time())
    request.session[CLIENT] = {"address": client_address(request), "program": program(request)}


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session in the list on a person's account page.

    `seen_at`: the time of the last request. It can be up to TOUCH_SECONDS too early, and on the session's last day
    up to a day too early.
    """

    program: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    is_current: bool


def open_sessions(request: Any) -> Iterator[OpenSession]:
    """The person's sessions: first the current one, then the others from the latest `seen_at` to the earliest."""
    current = digest(request.session.session_key)
    rows = request.user.sessions.filter(expire_date__gt=timezone.now())
    for row in sorted(rows.order_by("-expire_date"), key=lambda row: row.session_key != current):
        data = row.get_decoded()
        if SIGNED_IN_AT in data:
            signed_in_at = datetime.fromtimestamp(data[SIGNED_IN_AT], UTC)
            seen_at = row.expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE)
            client = data.get(CLIENT, {})
            yield OpenSession(
                browser_name(client.get("program", "")),
                client.get("address", ""),
                signed_in_at,
                max(seen_at, signed_in_at),
                row.session_key == current,
            )


def end_others(request: Any) -> int:
    """Ends all sessions of the person except the current one. Returns the number of those that were open."""
    others = request.user.sessions.exclude(session_key=digest(request.session.session_key))
    number: int = others.filter(expire_date__gt=timezone.now()).count()
    # Sessions that have expired by this host's clock are deleted too: a host with a slower clock could accept them.
    others.delete()
    return number


BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def browser_name(program: str) -> str:
    """A name such as “Firefox on Linux”, made from a User-Agent."""
    browser = next((name for part, name in BROWSERS.items() if part in program), "")
    system = next((name for part, name in SYSTEMS.items() if part in program), "")
    return f"{browser} on {system}" if browser and system else browser or program[:40] or "Unknown program"

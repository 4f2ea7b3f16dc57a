"""Stores sessions under a digest of their keys, so that nobody can log in with a stolen backup.

The setting SESSION_ENGINE names this module. Only the cookie holds the key itself.
"""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.utils import timezone


def digest(key: str) -> str:
    """The HMAC of a session's key, cut to the length of its column."""
    return hmac.new(settings.SECRET_KEY.encode(), f"session {key}".encode(), hashlib.sha256).hexdigest()[:40]


class SessionStore(DatabaseSessions):
    def _get_session_from_db(self) -> Any:
        found = self.model.objects.filter(session_key=digest(self.session_key or ""), expire_date__gt=timezone.now())
        session = found.first()
        if session is None:
            self._session_key = None
        return session

    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session = super().create_model_instance(data)
        session.session_key = digest(session.session_key)
        return session

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(digest(key))

"""What a poll finds: all that an answer needs, in one indexed statement without Django's model layer.

One raw SELECT, because a poll is the hot path: measured at several times the polls a second of the ORM.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from widgets.freshness import is_stale, is_too_old
from widgets.models.encrypted import problem_with

RENDERING_VERSION = 2
"""Raised whenever the same data is laid out differently, so that stored renderings are made anew."""

POLL = """
SELECT w.id, w.version, w.last_polled_at, w.changed_at,
       p.backoff_until, p.full_until, p.backoff_message,
       s.id, s.version, s.fetched_at, s.due_at, s.interval_seconds, s.retry_at, s.lease_until, s.queued_at, s.error,
       r.source_version, r.etag, r.problem, r.body, p.id, p.secret
FROM widgets_widget w
JOIN widgets_project p ON p.id = w.project_id
JOIN widgets_snapshot s ON s.id = w.snapshot_id
LEFT JOIN widgets_rendering r ON r.widget_id = w.id AND r.format = %s
WHERE w.slug = %s AND w.active = %s
"""


@dataclass(slots=True)
class PollRow:
    """A widget that is polled, its data's state and its laid-out bytes."""

    widget_id: int
    widget_version: int
    last_polled_at: datetime | None
    changed_at: datetime
    backoff_until: datetime | None
    full_until: datetime | None
    backoff_message: str
    snapshot_id: int
    snapshot_version: int
    fetched_at: datetime | None
    due_at: datetime | None
    interval_seconds: float
    retry_at: datetime | None
    lease_until: datetime | None
    queued_at: datetime | None
    error: str
    source_version: str | None
    etag: str
    problem: str
    body: bytes | None
    project_id: int
    encrypted_secret: str = field(repr=False)

    @property
    def secret_problem(self) -> str:
        """Why Mixpanel can't be asked for want of a secret, or nothing."""
        return problem_with(self.encrypted_secret)

    @property
    def current_source_version(self) -> str:
        """What a current rendering was made from; any other is out of date."""
        return f"{RENDERING_VERSION}.{self.widget_version}.{self.snapshot_id}.{self.snapshot_version}"

    def is_stale(self, now: datetime) -> bool:
        return is_stale(self.due_at, now)

    def is_too_old(self, now: datetime) -> bool:
        """Whether a poll should rather wait for new data than answer with this."""
        return self.fetched_at is None or is_too_old(self.fetched_at, self.due_at, self.interval_seconds, now)

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until > now

    def held_back_until(self, now: datetime) -> datetime | None:
        """Until when Mixpanel can't be asked for this, for whatever reason; None when it can."""
        waits = [t for t in (self.retry_at, self.backoff_until, self.full_until) if t is not None and t > now]
        return max(waits, default=None)


DATES = ("last_polled_at", "changed_at", "backoff_until", "full_until", "fetched_at", "due_at", "retry_at")
DATES += ("lease_until", "queued_at")
PLACES = tuple(PollRow.__dataclass_fields__)
DATE_PLACES = tuple(PLACES.index(name) for name in DATES)
BODY_PLACE = PLACES.index("body")


def find(slug: str, format: str) -> PollRow | None:
    """The active widget of this slug; None when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(POLL, (format, slug, True))
        row = cursor.fetchone()
    if row is None:
        return None
    values: list[Any] = list(row)
    for i in DATE_PLACES:
        values[i] = moment(values[i])
    if values[BODY_PLACE] is not None:
        values[BODY_PLACE] = bytes(values[BODY_PLACE])
    return PollRow(*values)


def moment(value: Any) -> datetime | None:
    """An aware time out of what the database's driver gives: SQLite keeps UTC without saying so."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value is None or value.tzinfo is not None:
        return value
    aware: datetime = value.replace(tzinfo=UTC)
    return aware

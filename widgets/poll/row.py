"""Reads all data for the answer to a poll with one indexed SQL statement.

The SQL is written by hand, because MixCyfe answers far fewer polls per second with Django's ORM.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from widgets.formats import has_format
from widgets.models.encrypted import problem_with
from widgets.reports.freshness import is_stale, is_too_old

RENDERING_VERSION = 2
"""Raise this number after a change of the code that renders data, so that all stored renderings are made again."""

COLUMNS = {
    "widget_id": "w.id",
    "widget_version": "w.version",
    "last_polled_at": "w.last_polled_at",
    "changed_at": "w.changed_at",
    "report": "w.report",
    "unit": "w.unit",
    "chart": "w.chart",
    "project_id": "p.id",
    "backoff_until": "p.backoff_until",
    "backoff_message": "p.backoff_message",
    "full_until": "p.full_until",
    "encrypted_secret": "p.secret",
    "snapshot_id": "s.id",
    "snapshot_version": "s.version",
    "fetched_at": "s.fetched_at",
    "due_at": "s.due_at",
    "interval_seconds": "s.interval_seconds",
    "retry_at": "s.retry_at",
    "lease_until": "s.lease_until",
    "queued_at": "s.queued_at",
    "error": "s.error",
    "source_version": "r.source_version",
    "etag": "r.etag",
    "problem": "r.problem",
    "body": "r.body",
}
"""Field of PollRow → SQL column."""

DATES = tuple(name for name in COLUMNS if name.endswith(("_at", "_until")))

POLL = f"""
SELECT {", ".join(COLUMNS.values())}
FROM widgets_widget w
JOIN widgets_project p ON p.id = w.project_id
JOIN widgets_snapshot s ON s.id = w.snapshot_id
LEFT JOIN widgets_rendering r ON r.widget_id = w.id AND r.format = %s
WHERE w.slug = %s AND w.active = %s
"""  # noqa: S608 - only constants


@dataclass(slots=True)
class PollRow:
    """A polled widget, the state of its data, and its rendering in one format."""

    widget_id: int
    widget_version: int
    last_polled_at: datetime | None
    changed_at: datetime
    report: str
    unit: str
    chart: str
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
        """A sentence if the project's secret for Mixpanel is missing or can't be decrypted, else ""."""
        return problem_with(self.encrypted_secret)

    @property
    def current_source_version(self) -> str:
        """The `source_version` of an up-to-date rendering."""
        return f"{RENDERING_VERSION}.{self.widget_version}.{self.snapshot_id}.{self.snapshot_version}"

    def is_stale(self, now: datetime) -> bool:
        return is_stale(self.due_at, now)

    def is_too_old(self, now: datetime) -> bool:
        """Whether there is no data, or the data is so old that a poll should wait for new data."""
        return self.fetched_at is None or is_too_old(self.fetched_at, self.due_at, self.interval_seconds, now)

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and self.lease_until > now

    def blocked_until(self, now: datetime) -> datetime | None:
        """The time until which an error or the hourly limit prevents refreshes by polls; None if neither does."""
        waits = [t for t in (self.retry_at, self.backoff_until, self.full_until) if t is not None and t > now]
        return max(waits, default=None)


def find(slug: str, format: str) -> PollRow | None:
    """Returns the active widget with this slug, or None if no such widget has the format."""
    with getattr(connection, "prepared_cursor", connection.cursor)() as cursor:
        cursor.execute(POLL, (format, slug, True))
        row = cursor.fetchone()
    if row is None:
        return None
    values: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    for name in DATES:
        values[name] = moment(values[name])
    if values["body"] is not None:
        values["body"] = bytes(values["body"])
    found = PollRow(**values)
    return found if has_format(found, format) else None


def moment(value: Any) -> datetime | None:
    """Converts a database value. SQLite stores times in UTC without a zone."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)

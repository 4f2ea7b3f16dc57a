"""Mixpanel's stored answers: one Snapshot per query, and one Rendering per widget and format."""

import hashlib
import json
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models.project import Project
from widgets.report import Report
from widgets.reports import Query
from widgets.reports.freshness import due

if TYPE_CHECKING:
    from widgets.models.widget import Widget

QUERY_VERSION = 1
"""Raise this only when the meaning of stored queries changes, because MixCyfe then sends every query again."""

REFUSED = (ErrorKind.QUERY, ErrorKind.TIMEZONE)
"""The kinds of errors that repeat until somebody changes the widget or the project."""

BACKS_OFF_PROJECT = (ErrorKind.LIMIT, ErrorKind.CREDENTIALS, ErrorKind.PLAN)
"""The kinds of errors that make all queries of the project wait."""

TOUCHED_EVERY = timedelta(hours=1)
"""`touched_at` is updated at most this often, to save writes. `pruning.UNUSED_KEPT_FOR` must be much longer."""


class Sharing(models.TextChoices):
    """Whether one call to Mixpanel can refresh a snapshot together with others."""

    MAY = "", "can be queried together with others"
    ONCE = "once", "is queried alone until the query succeeds"
    NEVER = "never", "is always queried alone"


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def set_due(self, project: Project) -> None:
        """Stores `due_at` and `interval_seconds` of these snapshots of `project`.

        Call this method after a change of the data, the widgets or the project.
        """
        minutes: dict[int, set[float | None]] = defaultdict(set)
        shown = self.filter(widgets__active=True).values_list("pk", "widgets__refresh_minutes")
        with transaction.atomic():
            stored = self.filter(fetched_at__isnull=False).order_by("pk").select_for_update()
            rows = list(stored.only("pk", "fetched_at", "rolls_at"))
            for pk, each in shown:
                minutes[pk].add(each)
            for row in rows:
                assert row.fetched_at is not None
                row.due_at, row.interval_seconds = due(
                    row.fetched_at,
                    row.rolls_at,
                    widget_minutes=minutes[row.pk],
                    project_minutes=project.refresh_minutes,
                    interval_factor=project.interval_factor,
                )
            self.model.objects.bulk_update(rows, ["due_at", "interval_seconds"], batch_size=200)

    def clear_project_errors(self) -> None:
        """Clears the errors that made the whole project wait. Call this when the project's backoff ends."""
        self.filter(error_kind__in=BACKS_OFF_PROJECT).update(
            error="", error_kind="", failures=0, failing_since=None, retry_at=None
        )

    def of(self, project: Project, query: Query) -> "Snapshot":
        """Gets or creates the snapshot of this query. A snapshot without a widget is deleted after about a day."""
        key, now = snapshot_key(project.identity, query), timezone.now()
        while True:
            snapshot, _ = self.get_or_create(key=key, defaults={"project": project, "query": query})
            if abs(now - snapshot.touched_at) < TOUCHED_EVERY or self.filter(pk=snapshot.pk).update(touched_at=now):
                return snapshot
            # Another process deleted the row between the two statements.


def snapshot_key(identity: list[Any], query: Query) -> str:
    """`identity`: see `Project.identity`. The project's engine (Insights or Classic) is not part of the key, so a query
    that is the same for both engines has one key."""
    described: list[Any] = [QUERY_VERSION, *identity, query]
    canonical = json.dumps(described, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


class Snapshot(models.Model):
    """The last good answer to one query, as a Report, and the state of its refreshes.

    The data is stale from `due_at` on (see `reports/freshness.py`): `interval_seconds` after `fetched_at`, or at
    `rolls_at`, when a range such as “the last 30 days” moves to the next day. Only the refresh that has `lease_token`
    stores its answer, and no other refresh begins before `lease_until`. `touched_at`: when a widget or a preview last
    looked the snapshot up, stored at most once per hour. `batch_limit`: the most snapshots in one call that refreshes
    this snapshot; None for no limit.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="snapshots")
    key = models.CharField(max_length=64, unique=True)
    query = models.JSONField()
    touched_at = models.DateTimeField(default=timezone.now)

    fetched_at = models.DateTimeField(null=True)
    rolls_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    interval_seconds = models.FloatField(default=0)
    version = models.PositiveIntegerField(default=0)

    retry_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    error_kind = models.CharField(max_length=20, blank=True)
    error = models.TextField(blank=True)

    sharing = models.CharField(max_length=5, choices=Sharing.choices, blank=True, default=Sharing.MAY)
    batch_limit = models.PositiveIntegerField(null=True)

    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)

    # Keep this large column last: SQLite reads a row only up to the last column that a statement needs.
    report_json = models.TextField(blank=True)

    objects = SnapshotQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.query.get('report', '?')} #{self.pk}"

    def adopt(self, other: "Snapshot") -> None:
        """Copies the data of `other` if it is newer than the data of this snapshot.

        `other`: the snapshot of the same widget's query with the project's old engine. The copy is due at
        once. If `set_due` runs before the next refresh, the copy can become due later.
        """
        if other.fetched_at is None or (self.fetched_at is not None and self.fetched_at >= other.fetched_at):
            return
        now = timezone.now()
        self.report_json, self.fetched_at = other.report_json, other.fetched_at
        # If `rolls_at` were copied, `set_due` could delay the refresh of past days' data by up to six hours.
        self.rolls_at = now if other.rolls_at else None
        self.interval_seconds, self.due_at = other.interval_seconds, now
        self.version += 1
        self.save(update_fields=["report_json", "fetched_at", "rolls_at", "interval_seconds", "due_at", "version"])

    def allow_retry(self) -> None:
        """Lets MixCyfe send a refused query again at once, because somebody has saved its widget or project."""
        if self.error_kind in REFUSED:
            self.retry_at = None
            self.save(update_fields=["retry_at"])

    @property
    def report(self) -> Report | None:
        return Report.from_json(self.report_json) if self.report_json else None


class Rendering(models.Model):
    """A widget's data in one format, as bytes for the answers to polls.

    `source_version`: the versions of widget, data and rendering code. `problem`: why the chart can't show the data;
    empty if it can.
    """

    widget: "models.ForeignKey[Widget, Widget]" = models.ForeignKey(
        "widgets.Widget", models.CASCADE, related_name="renderings"
    )
    format = models.CharField(max_length=20)
    source_version = models.CharField(max_length=80)
    etag = models.CharField(max_length=40, blank=True)
    problem = models.TextField(blank=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("widget", "format"), name="one_rendering_per_format")]

    def __str__(self) -> str:
        return f"{self.widget_id}.{self.format}"

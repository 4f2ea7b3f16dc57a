"""Stored answers of Mixpanel: one Snapshot per query, one Rendering per widget and format."""

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
from widgets.reports import REPORT_TYPES, Query
from widgets.reports.freshness import due

if TYPE_CHECKING:
    from widgets.models.widget import Widget

QUERY_VERSION = 1
"""Raise this number only when the meaning of stored queries changes: every query is then asked again."""

REFUSED = (ErrorKind.QUERY, ErrorKind.TIMEZONE)
"""Error kinds of queries that fail until the widget or project changes."""

HOLDS_PROJECT = (ErrorKind.LIMIT, ErrorKind.CREDENTIALS, ErrorKind.PLAN)
"""Error kinds that make the whole project wait."""

TOUCHED_EVERY = timedelta(hours=1)
"""`touched_at` may be this old, to save writes. It is much less than `pruning.UNUSED_KEPT_FOR`."""


class Sharing(models.TextChoices):
    """Whether a call may refresh a snapshot together with others."""

    MAY = "", "may share a call"
    ONCE = "once", "is asked alone until it succeeds"
    NEVER = "never", "is always asked alone"


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def set_due(self, project: Project) -> None:
        """Writes `due_at` and `interval_seconds` of these snapshots of one project.

        Call it after a change of their data, their widgets or the project.
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
        """Clears the errors that the project's backoff caused. Call it when the backoff ends."""
        self.filter(error_kind__in=HOLDS_PROJECT).update(
            error="", error_kind="", failures=0, failing_since=None, retry_at=None
        )

    def of(self, project: Project, query: Query) -> "Snapshot":
        """Gets or creates the snapshot of this query. It stays for about a day, even without a widget."""
        key, now = snapshot_key(project, query), timezone.now()
        while True:
            snapshot, _ = self.get_or_create(key=key, defaults={"project": project, "query": query})
            if abs(now - snapshot.touched_at) < TOUCHED_EVERY or self.filter(pk=snapshot.pk).update(touched_at=now):
                return snapshot
            # The row was pruned between the two statements, so create it again.


def snapshot_key(project: Project, query: Query) -> str:
    return key_of(project.identity, query)


def key_of(identity: list[Any], query: Query) -> str:
    """`identity`: see `Project.identity`. The key needs no engine, because the two engines' queries differ."""
    described: list[Any] = [QUERY_VERSION, *identity, query]
    canonical = json.dumps(described, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


class Snapshot(models.Model):
    """One row per distinct query: the last good Report, and the state of its refreshing.

    The data came at `fetched_at` and is stale from `due_at` on (see `reports/freshness.py`): after
    `interval_seconds`, or at `rolls_at`, when the range moves. The refresh that has `lease_token` stores its answer; no
    other refresh begins before `lease_until`. `touched_at`: when a widget or preview last looked the query up.
    `batch_limit`: the largest number of snapshots that one call refreshes together with this one; None for no limit.
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

    # The last column, because SQLite reads a row only up to the last column that a statement needs.
    report_json = models.TextField(blank=True)

    objects = SnapshotQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.query.get('report', '?')} #{self.pk}"

    def adopt(self, other: "Snapshot") -> None:
        """Copies the data of `other`, which asks the other engine for the same numbers. The copy is stale at once.

        Does nothing if this snapshot has newer data, or `other` has none.
        """
        if other.fetched_at is None or (self.fetched_at is not None and self.fetched_at >= other.fetched_at):
            return
        now = timezone.now()
        self.report_json, self.fetched_at = other.report_json, other.fetched_at
        # For a range that is over, `rolls_at` becomes now, so that `set_due` also finds the data stale.
        self.rolls_at = now if other.rolls_at else None
        self.interval_seconds, self.due_at = other.interval_seconds, now
        self.version += 1
        self.save(update_fields=["report_json", "fetched_at", "rolls_at", "interval_seconds", "due_at", "version"])

    def allow_retry(self) -> None:
        """Lets a refused query be retried at once, because a person has just saved its widget."""
        if self.error_kind in REFUSED:
            self.retry_at = None
            self.save(update_fields=["retry_at"])

    @property
    def report_title(self) -> str:
        return REPORT_TYPES[self.query["report"]].title

    @property
    def report(self) -> Report | None:
        return Report.from_json(self.report_json) if self.report_json else None


class Rendering(models.Model):
    """The rendered bytes of a widget in one format, and the source version of its widget and data.

    `problem` gives the reason when the widget's chart can't show the data.
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

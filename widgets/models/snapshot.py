"""What is kept of Mixpanel's answers: one Snapshot a query, one Rendering a widget and format."""

import hashlib
import json
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone

from widgets.freshness import due
from widgets.models.project import Project
from widgets.report import Report
from widgets.reports import REPORT_TYPES, Query

if TYPE_CHECKING:
    from widgets.models.widget import Widget

QUERY_VERSION = 1
"""Raised only when the meaning of stored queries changes; every snapshot is asked for anew then."""

REFUSED = ("query", "timezone")
"""Errors that do not pass by themselves."""


TOUCHED_EVERY = timedelta(hours=1)
"""How exactly `touched_at` is kept; far less than `pruning.UNUSED_KEEPS`."""


class SnapshotQuerySet(models.QuerySet["Snapshot"]):
    def set_due(self, project: Project) -> None:
        """Writes `due_at` and `interval_seconds` of these snapshots of a project.

        To be called after their data, one of their widgets or the project has changed.
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

    def of(self, project: Project, query: Query) -> "Snapshot":
        """The snapshot of this query, made when nobody asked it before. It is not pruned for a day from now on."""
        key, now = snapshot_key(project, query), timezone.now()
        while True:
            snapshot, _ = self.get_or_create(key=key, defaults={"project": project, "query": query})
            if abs(now - snapshot.touched_at) < TOUCHED_EVERY or self.filter(pk=snapshot.pk).update(touched_at=now):
                return snapshot
            # Pruned between the two statements: it is made anew.


def snapshot_key(project: Project, query: Query) -> str:
    described: list[Any] = [QUERY_VERSION, *project.identity, query]
    canonical = json.dumps(described, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


class Snapshot(models.Model):
    """One row a distinct query: the last good Report, and how its refreshing stands.

    Data came at `fetched_at` and is stale from `due_at` on, which `set_due` writes (see `widgets.freshness`):
    `interval_seconds` later, or at `rolls_at`, when the range moves. Who holds `lease_token` refreshes it, until
    `lease_until` at most. `touched_at`: when somebody last looked it up to save or ask it.
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

    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(null=True)

    # Last, because SQLite reads a row up to the last column that is asked for.
    report_json = models.TextField(blank=True)

    objects = SnapshotQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.query.get('report', '?')} #{self.pk}"

    def forgive(self) -> None:
        """Lets a refused query be asked at once again: its widget was changed, so somebody tries."""
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
    """The laid-out bytes of a widget for one format, and what they were made from.

    `problem` says why there are none: the data can't be drawn as this widget wants.
    """

    widget: "models.ForeignKey[Widget, Widget]" = models.ForeignKey(
        "widgets.Widget", models.CASCADE, related_name="renderings"
    )
    format = models.CharField(max_length=4)
    source_version = models.CharField(max_length=80)
    etag = models.CharField(max_length=40, blank=True)
    problem = models.TextField(blank=True)
    body = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("widget", "format"), name="one_rendering_per_format")]

    def __str__(self) -> str:
        return f"{self.widget_id}.{self.format}"

"""Decides which stale query is refreshed first when few calls of the hourly limit are left."""

from datetime import datetime

from widgets.models import Project, Snapshot
from widgets.refresh.batch import Item, pack
from widgets.refresh.quota import started_within
from widgets.reports.freshness import for_polls, is_stale


def most_urgent(snapshot: Snapshot, items: list[Item], project: Project, now: datetime) -> Snapshot:
    """Returns `snapshot` if it has no data yet, or if enough calls are left: one for each batch that is more
    overdue, and one for `snapshot`.

    Otherwise returns the most overdue snapshot. So a widget with a poll every 10 seconds does not use up the calls that
    a widget with one poll per hour needs.
    """
    left = for_polls(project.effective_hourly) - started_within(project, now).count()
    if snapshot.fetched_at is None or left > len(items):
        return snapshot
    overdue = [item for item in items if item.is_polled and item.is_free and is_stale(item.due_at, now)]
    batches = [{item.pk for item in packed.items} for packed in pack(overdue, project.today(now))]
    ahead = next((i for i, batch in enumerate(batches) if snapshot.pk in batch), len(batches))
    if not ahead or ahead < left:
        return snapshot
    return Snapshot.objects.defer("report_json").filter(pk=overdue[0].pk).first() or snapshot

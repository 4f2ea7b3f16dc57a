"""Priority: which stale query is refreshed first when the hourly limit leaves few calls."""

from datetime import datetime

from widgets.models import Project, Snapshot
from widgets.refresh.batch import Item, pack
from widgets.refresh.quota import started_within
from widgets.reports.freshness import for_polls, is_stale


def most_urgent(snapshot: Snapshot, items: list[Item], project: Project, now: datetime) -> Snapshot:
    """This snapshot if the calls left suffice for it and all batches that are more overdue; else the most overdue one.

    So a widget that is polled every 10 seconds never starves a widget that is polled once per hour.
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

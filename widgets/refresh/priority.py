"""Priority: which stale query is refreshed first when the hourly limit leaves few calls."""

from datetime import UTC, datetime

from widgets.freshness import for_polls
from widgets.models import Project, Snapshot, Widget
from widgets.refresh.quota import started_within

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def most_urgent(snapshot: Snapshot, project: Project, now: datetime) -> Snapshot:
    """This snapshot if enough calls are left for it and all snapshots that are more overdue; else the most overdue one.

    So a widget that is polled every 10 seconds never starves a widget that is polled once per hour.
    """
    left = for_polls(project.effective_hourly) - started_within(project, now).count()
    if snapshot.fetched_at is None or left > project.snapshots.count():
        return snapshot
    due = overdue(project, now)
    ahead = [pk for pk, since in due.items() if since < due.get(snapshot.pk, now)]
    if not ahead or len(ahead) < left:
        return snapshot
    first = min(ahead, key=lambda pk: due[pk])
    return Snapshot.objects.defer("report_json").filter(pk=first).first() or snapshot


def overdue(project: Project, now: datetime) -> dict[int, datetime]:
    """Stale snapshots of polled widgets that may be refreshed now, each with the time since which it is stale."""
    rows = (
        Widget.objects.polled(project, now)
        .exclude(snapshot__lease_until__gt=now)
        .exclude(snapshot__retry_at__gt=now)
        .exclude(snapshot__due_at__gt=now)
        .values_list("snapshot_id", "snapshot__due_at")
    )
    return {pk: due_at or LONG_AGO for pk, due_at in rows}

"""Counts the queries that a project's widgets need, and the queries that one more widget would add."""

from dataclasses import dataclass

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models import Project, Snapshot, Widget
from widgets.models.snapshot import Sharing
from widgets.refresh.batch import calls_per_hour, items_of, pack
from widgets.refresh.clock import database_now
from widgets.reports import REPORT_TYPES
from widgets.spec import WidgetSpec


@dataclass(frozen=True, slots=True)
class Costs:
    """`widgets`: the number of active widgets. `queries`: the number of queries that refresh all these widgets once.

    `per_hour`: the number of queries per hour that refresh each widget as often as its refresh interval requires.
    `room`: the number of metrics that MixCyfe can still add to a query that counts events by day; the largest number if
    there are several such queries.
    """

    widgets: int
    queries: int
    per_hour: float
    room: int

    @property
    def next_one(self) -> int:
        """The number of queries that one more widget adds if it counts one event by day."""
        return 0 if self.room else 1


def costs_of(project: Project) -> Costs:
    now = database_now()
    items, today = items_of(project, now), project.today(now)
    packed = pack(items, today)
    report_type = REPORT_TYPES["events"]
    usual = report_type.batch_key(report_type.query(WidgetSpec("events", events=("any",)), project.engine))
    rooms = [each.batch.room for each in packed if each.batch is not None and each.key == usual]
    widgets = Widget.objects.filter(project=project, active=True).count()
    return Costs(widgets, len(packed), calls_per_hour(items, today), max(rooms, default=0))


def sharing_of(widget: Widget) -> str:
    """Returns a text for the widget's page in the admin: how many other widgets share its query, or why none does."""
    now, project = database_now(), widget.project
    for packed in pack(items_of(project, now), project.today(now)):
        pks = [item.pk for item in packed.items]
        if widget.snapshot_id in pks:
            others = Widget.objects.filter(active=True, snapshot__in=pks).exclude(pk=widget.pk).count()
            if others:
                return f"This widget shares a query to Mixpanel with {others} other widget{'s' if others > 1 else ''}."
    return f"This widget has its own query to Mixpanel. {why_alone(widget)}".strip()


def why_alone(widget: Widget) -> str:
    """Returns the reason why MixCyfe always sends the widget's query alone, or "" if it does not."""
    snapshot = Snapshot.objects.only("sharing", "error_kind").filter(widgets=widget).first()
    if snapshot is None or snapshot.sharing != Sharing.NEVER:
        return ""
    if snapshot.error_kind == ErrorKind.QUERY:
        return (
            "Mixpanel refused the query, so MixCyfe sends it separately until you change the widget "
            "or Mixpanel accepts the query."
        )
    return "The answer to a shared query does not show which breakdown values belong to this widget."

"""The queries that a project's widgets cost, and the queries that one more widget would add. For people."""

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
    """`widgets`: the number of active widgets. `queries`: the number of queries that bring the data of all of them.

    `per_hour`: the number of queries per hour that refresh each widget as often as it asks.
    `room`: how many more metrics fit into the query that counts events by day.
    """

    widgets: int
    queries: int
    per_hour: float
    room: int

    @property
    def next_one(self) -> int:
        """The queries that the next widget adds if it counts one event by day."""
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
    """A sentence for the widget's page: with how many other active widgets its query is shared, or why it is not."""
    now, project = database_now(), widget.project
    for packed in pack(items_of(project, now), project.today(now)):
        pks = [item.pk for item in packed.items]
        if widget.snapshot_id in pks:
            others = Widget.objects.filter(active=True, snapshot__in=pks).exclude(pk=widget.pk).count()
            if others:
                return f"This widget shares a query to Mixpanel with {others} other widget{'s' if others > 1 else ''}."
    return f"This widget has its own query to Mixpanel. {why_alone(widget)}".strip()


def why_alone(widget: Widget) -> str:
    """The reason why a query that could share a call does not share one; else empty."""
    snapshot = Snapshot.objects.only("sharing", "error_kind").filter(widgets=widget).first()
    if snapshot is None or snapshot.sharing != Sharing.NEVER:
        return ""
    if snapshot.error_kind == ErrorKind.QUERY:
        return "Mixpanel refused this query, so it is kept apart from other queries until you change the widget."
    return "Only a separate query shows which values of the breakdown Mixpanel lists for this widget."

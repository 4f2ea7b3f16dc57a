"""A widget's health: a state, and the reason in words. The database can filter and count widgets by the state."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from django.db.models import (
    Case,
    CharField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Substr

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models import Project, Rendering, Snapshot, Widget
from widgets.poll.row import RENDERING_VERSION
from widgets.report import NOTE_WITHIN, note_in
from widgets.reports.freshness import POLLED_WITHIN
from widgets.times import from_now

STATES = {"failing": "Failing", "stale": "Stale", "waiting": "Waiting", "fresh": "Fresh", "paused": "Paused"}
"""State → word for people, the worst state first.

A widget that is not `failing` or `paused` is `waiting` if it has no data yet, or if it has stale data and was never
polled.
"""

NEEDS_SOMEBODY = (ErrorKind.CREDENTIALS, ErrorKind.PLAN)
"""A project's backoff after errors of these kinds lasts until a person repairs the cause."""

HEAVY = ("snapshot__report_json", "snapshot__query")
"""Large columns, which most pages do not need."""


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class HealthColumns(TypedDict):
        """The columns that `for_lists` adds to a widget."""

        health_state: str
        health_problem: str | None
        health_report: str | None

    WidgetWithHealth = WithAnnotations[Widget, HealthColumns]


class Health(NamedTuple):
    """`why` explains `word`; empty if there is nothing to explain. `note`: see `Report.note`.

    `since`: when the state began, if known; for a fresh widget, the time of its data. `data_at`: the time of the old
    numbers that a failing widget still shows.
    """

    state: str
    word: str
    why: str = ""
    since: datetime | None = None
    data_at: datetime | None = None
    note: str = ""


def with_health(widgets: QuerySet[Widget], now: datetime, no_secret: list[int] | None = None) -> QuerySet[Any]:
    """Adds `health_state`, one of STATES, and `health_problem`, the reason why the data can't be drawn.

    `no_secret`: the result of `without_secret`, if the caller already has this result.
    """
    no_secret = without_secret() if no_secret is None else no_secret
    no_data = Q(snapshot__fetched_at=None)
    refused = Q(project__backoff_kind__in=NEEDS_SOMEBODY) | Q(project__in=no_secret)
    stale = Q(snapshot__due_at=None) | Q(snapshot__due_at__lte=now)
    error = Q(snapshot__error__gt="") & ~Q(snapshot__error_kind=ErrorKind.LIMIT)
    return widgets.annotate(
        health_problem=Subquery(problems_of_renderings()),
        health_state=Case(
            When(active=False, then=Value("paused")),
            When(error | Q(health_problem__gt=""), then=Value("failing")),
            When((no_data | stale) & refused, then=Value("failing")),
            When(no_data | stale & Q(last_polled_at=None), then=Value("waiting")),
            When(stale, then=Value("stale")),
            default=Value("fresh"),
            output_field=CharField(),
        ),
    )


def without_secret() -> list[int]:
    """The ids of projects whose secret is missing or can't be decrypted. SQL can't find them without the keys."""
    return [project.pk for project in Project.objects.only("pk", "secret") if project.secret_problem]


def problems_of_renderings() -> Any:
    """A subquery for the problem of a widget's current rendering (see `PollRow.current_source_version`).

    A widget can have a current rendering per format. All have the same problem, because they are made from the same
    table.
    """
    parts: list[Any] = [Value(f"{RENDERING_VERSION}")]
    for name in ("version", "snapshot_id", "snapshot__version"):
        parts += [Value("."), Cast(OuterRef(name), CharField())]
    current = Concat(*parts, output_field=CharField())
    return (
        Rendering.objects.filter(widget=OuterRef("pk"), source_version=current).order_by("format").values("problem")[:1]
    )


def for_lists(widgets: QuerySet[Widget], now: datetime, no_secret: list[int] | None = None) -> QuerySet[Any]:
    """Adds the columns of `with_health` and the column `health_report`. Does not load the large columns (HEAVY).

    `health_report` is the beginning of the report's JSON, which contains the note.
    """
    light: QuerySet[Any] = widgets.select_related("project", "snapshot", "owner").defer(*HEAVY)
    found: QuerySet[Any] = with_health(light, now, no_secret).annotate(
        health_report=Substr("snapshot__report_json", 1, NOTE_WITHIN)
    )
    return found


def health_of(widget: "WidgetWithHealth", now: datetime) -> Health:
    """The widget must come from a queryset of `for_lists`."""
    return state_of(widget, now)._replace(note=note_in(widget.health_report or ""))


def state_of(widget: "WidgetWithHealth", now: datetime) -> Health:
    state = widget.health_state
    word, project, snapshot = STATES[state], widget.project, widget.snapshot
    if state == "paused":
        return Health(state, word, "A paused widget shows nothing in Cyfe and costs no queries.")
    if state == "failing":
        return failing(widget, project, snapshot)
    if state == "waiting" or snapshot is None:
        return waiting(widget, project, snapshot, now)
    if state == "fresh":
        return Health(state, word, since=snapshot.fetched_at)
    return Health(state, word, why_stale(widget, project, snapshot, now), snapshot.due_at)


def failing(widget: "WidgetWithHealth", project: Project, snapshot: Snapshot | None) -> Health:
    data_at = snapshot.fetched_at if snapshot else None
    if widget.health_problem:
        return Health("failing", STATES["failing"], widget.health_problem, data_at=data_at)
    if snapshot and snapshot.error and snapshot.error_kind != ErrorKind.LIMIT:
        return Health("failing", STATES["failing"], snapshot.error, snapshot.failing_since, data_at)
    why = project.secret_problem or project.backoff_message
    return Health("failing", STATES["failing"], why, data_at=data_at)


def waiting(widget: Widget, project: Project, snapshot: Snapshot | None, now: datetime) -> Health:
    if widget.last_polled_at is None:
        return Health("waiting", "Not read yet", "Cyfe has not read the widget yet. Paste its address into Cyfe.")
    return Health("waiting", "No data yet", why_no_refresh(project, snapshot, now) or "Mixpanel has not answered yet.")


def why_stale(widget: Widget, project: Project, snapshot: Snapshot, now: datetime) -> str:
    if why := why_no_refresh(project, snapshot, now):
        return why
    if widget.last_polled_at and widget.last_polled_at <= now - POLLED_WITHIN:
        read = f"Cyfe last read the widget {from_now(widget.last_polled_at, now)}."
        return f"{read} The data is refreshed when Cyfe reads the widget again."
    return "The data is refreshed when Cyfe reads the widget again."


def why_no_refresh(project: Project, snapshot: Snapshot | None, now: datetime) -> str:
    """The reason why MixCyfe can't query Mixpanel now (for example, no query is left), or "" if there is none."""
    if project.backoff_until and project.backoff_until > now:
        return f"{project.backoff_message} The next try is {from_now(project.backoff_until, now)}."
    if project.full_until and project.full_until > now:
        return f"No queries are left this hour. The next query is possible {from_now(project.full_until, now)}."
    return snapshot.error if snapshot else ""

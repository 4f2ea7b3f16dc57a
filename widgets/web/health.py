"""How a widget is doing, in one word and why: for the board and the lists of the admin.

The state is reckoned by the database, so that lists can be filtered and counted by it. The words are made here.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from django.db.models import (
    Case,
    CharField,
    Count,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Substr

from widgets.freshness import POLLED_WITHIN
from widgets.models import Project, Rendering, Snapshot, Widget
from widgets.poll.row import RENDERING_VERSION
from widgets.report import NOTE_WITHIN, note_in
from widgets.times import from_now

STATES = {"failing": "Failing", "stale": "Stale", "waiting": "Waiting", "fresh": "Fresh", "paused": "Paused"}
"""Every state and its word, the worst first. `waiting`: there is no data yet, or old data that nobody has polled."""

NEEDS_SOMEBODY = ("credentials", "plan")
"""What holds a project back until a person does something; a limit passes by itself."""

HEAVY = ("snapshot__report_json", "snapshot__query")


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class HealthColumns(TypedDict):
        """What `for_lists` adds to a widget."""

        health_state: str
        health_problem: str | None
        health_report: str | None

    WidgetWithHealth = WithAnnotations[Widget, HealthColumns]


class Health(NamedTuple):
    """`word` is said, `why` explains it in a sentence or two; `since` is when it began, where that is known.

    `data_at`: of when the numbers are that are shown nevertheless, where that matters. `note`: what should be known
    of these numbers, such as that they come from a sample (`Report.note`).
    """

    state: str
    word: str
    why: str = ""
    since: datetime | None = None
    data_at: datetime | None = None
    note: str = ""


def with_health(widgets: QuerySet[Widget], now: datetime) -> QuerySet[Any]:
    """The widgets with `health_state`, one of STATES, and `health_problem`, why their data can't be drawn."""
    no_data = Q(snapshot__fetched_at=None)
    refused = Q(project__backoff_kind__in=NEEDS_SOMEBODY) | Q(project__in=without_secret())
    stale = Q(snapshot__due_at=None) | Q(snapshot__due_at__lte=now)
    error = Q(snapshot__error__gt="") & ~Q(snapshot__error_kind="limit")
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
    """Projects that can't sign in to Mixpanel. Only this process can tell, because it has the keys."""
    return [project.pk for project in Project.objects.only("pk", "secret") if project.secret_problem]


def problems_of_renderings() -> Any:
    """Why a widget's data can't be laid out, by its current renderings (`PollRow.current_source_version`).

    What Cyfe gets, the CSV, has the first word; it is the first by the alphabet too.
    """
    parts: list[Any] = [Value(f"{RENDERING_VERSION}")]
    for name in ("version", "snapshot_id", "snapshot__version"):
        parts += [Value("."), Cast(OuterRef(name), CharField())]
    current = Concat(*parts, output_field=CharField())
    return (
        Rendering.objects.filter(widget=OuterRef("pk"), source_version=current).order_by("format").values("problem")[:1]
    )


def for_lists(widgets: QuerySet[Widget], now: datetime) -> QuerySet[Any]:
    """Widgets with all that a list shows of them, and none of Mixpanel's answers, which are large.

    Their beginnings, `health_report`, hold the notes.
    """
    light: QuerySet[Any] = widgets.select_related("project", "snapshot", "owner").defer(*HEAVY)
    found: QuerySet[Any] = with_health(light, now).annotate(
        health_report=Substr("snapshot__report_json", 1, NOTE_WITHIN)
    )
    return found


def counts(widgets: QuerySet[Widget], now: datetime) -> dict[str, int]:
    """How many of the widgets are in each of STATES."""
    rows = with_health(widgets.order_by(), now).values_list("health_state").annotate(Count("pk"))
    found = dict(rows)
    return {state: found.get(state, 0) for state in STATES}


def health_of(widget: "WidgetWithHealth", now: datetime) -> Health:
    """In words; the widget comes out of `for_lists`, which gave it its state."""
    return state_of(widget, now)._replace(note=note_in(widget.health_report or ""))


def state_of(widget: "WidgetWithHealth", now: datetime) -> Health:
    state = widget.health_state
    word, project, snapshot = STATES[state], widget.project, widget.snapshot
    if state == "paused":
        return Health(state, word, "Its address answers as if it did not exist, and it costs no queries.")
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
    if snapshot and snapshot.error and snapshot.error_kind != "limit":
        return Health("failing", STATES["failing"], snapshot.error, snapshot.failing_since, data_at)
    why = project.secret_problem or project.backoff_message
    return Health("failing", STATES["failing"], why, data_at=data_at)


def waiting(widget: Widget, project: Project, snapshot: Snapshot | None, now: datetime) -> Health:
    if widget.last_polled_at is None:
        return Health("waiting", "Never polled", "Paste its address into Cyfe: nothing has asked for it so far.")
    return Health("waiting", "No data yet", held_back(project, snapshot, now) or "Mixpanel has not answered yet.")


def why_stale(widget: Widget, project: Project, snapshot: Snapshot, now: datetime) -> str:
    if why := held_back(project, snapshot, now):
        return why
    if widget.last_polled_at and widget.last_polled_at <= now - POLLED_WITHIN:
        return f"Cyfe last asked for it {from_now(widget.last_polled_at, now)}; it is refreshed when it asks again."
    return "It is refreshed as soon as Cyfe asks for it again."


def held_back(project: Project, snapshot: Snapshot | None, now: datetime) -> str:
    """Why Mixpanel can't be asked for now, though nobody need do anything about it; empty when it can."""
    if project.backoff_until and project.backoff_until > now:
        return f"{project.backoff_message} Asked again {from_now(project.backoff_until, now)}."
    if project.full_until and project.full_until > now:
        return f"The hour's queries are used up; the next one is free {from_now(project.full_until, now)}."
    return snapshot.error if snapshot else ""

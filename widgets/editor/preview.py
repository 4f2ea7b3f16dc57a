"""Previews of widgets, saved or unsaved. Most previews send no query, because their query's data is stored already."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from widgets import charts
from widgets.cyfe import country_map, lay_out, write_csv
from widgets.formats import NOT_FOR_CYFE
from widgets.models import Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.models.snapshot import snapshot_key
from widgets.poll.render import View, view
from widgets.refresh.quota import Refusal
from widgets.refresh.run import RefreshOutcome, refresh
from widgets.refresh.usage import Usage, usage_of, why_not
from widgets.report import Report, ReportError
from widgets.reports import Query, Request
from widgets.transforms import Dropped

UNCOLORED = ("funnel", "gauge", "cohort")
"""Charts for which Cyfe always uses its own colours."""


class Ask(Enum):
    """When a preview is allowed to query Mixpanel: never, only if no data is stored, or always."""

    NEVER = ""
    MISSING = "missing"
    NOW = "now"


class State(Enum):
    """`ANSWERED` means that data is stored. The other states have no data.

    - `ANSWERED`: if the chart is missing, `Preview.problem` gives the reason.
    - `UNASKED`: the query was not sent to Mixpanel yet.
    - `ASKING`: another request sends the query now, or too many queries run at once.
    - `FAILED`: `Preview.problem` gives the reason.
    """

    ANSWERED = "answered"
    UNASKED = "unasked"
    ASKING = "asking"
    FAILED = "failed"


@dataclass(slots=True)
class Preview:
    """Everything that the form shows.

    - `problem`: the reason why data is missing or old, or why Cyfe can't draw it.
    - `data_note`: a warning about the numbers, or about labels that Mixpanel's data lacks.
    - `dropped`: the labels that are not drawn. `labels`: all labels.
    - `colors`: (label, colour) of the drawn labels.
    - `adds_up`: the values can be added up, so each dropped label has a total.
    - `spent`: this preview sent a query to Mixpanel.
    """

    request: Request
    usage: Usage
    state: State = State.UNASKED
    problem: str = ""
    data_note: str = ""
    figure: dict[str, Any] | None = None
    csv: str = ""
    fetched_at: datetime | None = None
    dropped: list[Dropped] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    colors: list[tuple[str, str]] = field(default_factory=list)
    adds_up: bool = False
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """`elsewhere`: another request sends the same query, or too many queries run at once. `spent`: a query was sent."""

    snapshot: Snapshot | None
    problem: str = ""
    elsewhere: bool = False
    spent: bool = False


def preview(widget: Widget, ask: Ask, *, user_id: int | None) -> Preview:
    """`widget` is valid, but can be unsaved. Must not be called in a transaction."""
    project = widget.project
    query = widget.query
    snapshot = Snapshot.objects.filter(key=snapshot_key(project.identity, query)).first()
    asked = Asked(snapshot)
    if wants(snapshot, project, ask):
        asked = ask_for(project, query, user_id)
        project.refresh_from_db()
    snapshot = asked.snapshot
    shown = Preview(widget.report_type.request(query, project.today()), usage_of(project), spent=asked.spent)
    shown.problem = asked.problem or standing_problem(snapshot, project)
    if snapshot is not None and (report := snapshot.report) is not None:
        shown.fetched_at = snapshot.fetched_at
        draw(shown, widget, report)
    elif asked.elsewhere:
        shown.state = State.ASKING
    elif shown.problem:
        shown.state = State.FAILED
    return shown


def wants(snapshot: Snapshot | None, project: Project, ask: Ask) -> bool:
    if ask is not Ask.MISSING:
        return ask is Ask.NOW
    if snapshot is not None and (snapshot.report_json or snapshot.error):
        return False  # a failed query is sent again only if a person presses the button
    return not project.secret_problem and not usage_of(project).is_scarce


def ask_for(project: Project, query: Query, user_id: int | None) -> Asked:
    looked_up = Snapshot.objects.of(project, query)
    outcome = refresh(
        looked_up.pk,
        expected_fetched_at=looked_up.fetched_at,
        purpose=Purpose.PERSON,
        user_id=user_id,
        alone=True,
    )
    # If the project has changed meanwhile, its snapshot was deleted.
    snapshot = Snapshot.objects.filter(pk=looked_up.pk).first()
    if isinstance(outcome, RefreshOutcome):
        return Asked(snapshot, elsewhere=outcome is RefreshOutcome.LATE, spent=True)
    if outcome is Refusal.NEWER:
        return Asked(snapshot)
    project.refresh_from_db()
    return Asked(snapshot, why_not(project, outcome), elsewhere=outcome in (Refusal.LEASED, Refusal.CONCURRENT_LIMIT))


def standing_problem(snapshot: Snapshot | None, project: Project) -> str:
    """The stored error of the query, or else the reason why the project can't be queried now, or ""."""
    if snapshot is not None and snapshot.error:
        return snapshot.error
    if problem := project.secret_problem:
        return problem
    if project.in_backoff and (snapshot is None or snapshot.fetched_at is None):
        return why_not(project, Refusal.BACKOFF)
    return ""


def draw(shown: Preview, widget: Widget, report: Report) -> None:
    """Adds the chart, the CSV and the labels to the preview, and sets `problem` if the widget can't be drawn."""
    shown.state, shown.data_note = State.ANSWERED, report.note
    try:
        viewed = view(report, widget.spec)
    except ReportError as error:
        shown.problem = str(error)
        return
    shown.dropped, shown.adds_up = dropped(viewed, widget), report.additive
    shown.labels = labels(report, widget)
    if missing := [f"“{label}”" for label in widget.only if label not in shown.labels]:
        shown.data_note = (
            f"{report.note} Field “Show only”: Mixpanel's answer has no label {', '.join(missing)}.".strip()
        )
    try:
        table = lay_out(viewed.report, widget.drawing)
        shown.colors = [] if widget.chart in UNCOLORED else list(table.colors)
        if widget.hours_on_axis:
            shown.data_note = f"{shown.data_note} {NOT_FOR_CYFE}".strip()
        else:
            shown.csv = write_csv(table).decode()
    except ReportError as error:
        shown.problem = str(error)
        return
    shown.figure = charts.figure(table)


def dropped(viewed: View, widget: Widget) -> list[Dropped]:
    """The labels that the widget's settings remove, and for a map also the labels that are not countries."""
    if widget.chart != "map":
        return viewed.dropped
    foreign = set(country_map.dropped(viewed.report))
    unplaced = [Dropped(s.label, "country", s.total) for s in viewed.report.series if s.label in foreign]
    return [*viewed.dropped, *unplaced]


def labels(report: Report, widget: Widget) -> list[str]:
    """Mixpanel's labels, which a person can leave out or rename.

    A funnel's steps come first, then the other labels, the label with the largest total first.
    """
    shown = widget.report_type.view(report, widget.spec)
    series = sorted(shown.series, key=lambda s: -s.total)
    steps = [str(row) for row in shown.rows] if shown.row_kind == "steps" else []
    return list(dict.fromkeys([*steps, *(s.label for s in series)]))

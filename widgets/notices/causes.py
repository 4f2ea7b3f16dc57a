"""Finds the causes of a project's problems. `web/health.py` decides which widgets fail or are stale.

| cause                    | meaning                                                               |
|--------------------------|-----------------------------------------------------------------------|
| secret                   | the project has no secret, or MixCyfe can't decrypt the secret        |
| credentials, plan        | Mixpanel refuses all queries of the project                           |
| query, timezone          | Mixpanel refuses the queries of some widgets                          |
| unavailable, unreadable  | Mixpanel did not answer, or MixCyfe can't read the answer             |
| drawing                  | widgets have data that their charts can't show                        |
| stale                    | widgets are polled, but their stale or missing data is not refreshed  |
| ends-30, -7, -1, -0      | the credentials expire in at most this many days                      |
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models import Notice, Project, Snapshot, Widget
from widgets.models.call import Outcome
from widgets.reports.freshness import POLLED_WITHIN
from widgets.web.health import HEAVY, NEEDS_SOMEBODY, why_no_refresh, with_health

if TYPE_CHECKING:
    from widgets.web.health import WidgetWithHealth

OF_PROJECT = ("secret", *NEEDS_SOMEBODY)
"""Causes that affect all widgets of a project. Their messages link to the project's page."""

DAYS_BEFORE = (0, 1, 7, 30)
ENDS = "ends-"

REFRESHING = timedelta(minutes=2)
"""For this long after a poll, stale data is no problem, because its refresh might be running."""


@dataclass(slots=True)
class Cause:
    """`key`: the cause in the table at the top of this file. `why`: an error message. `since`: when the problem
    began, if `widgets` is empty. `widgets`: widget id → when the widget's problem began, if known. `titles`: the
    widgets' titles.
    """

    key: str
    why: str = ""
    since: datetime | None = None
    widgets: dict[int, datetime | None] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)

    def add(self, widget: Widget, since: datetime | None, why: str) -> None:
        self.widgets[widget.pk] = since
        self.titles.append(widget.title)
        self.why = self.why or why

    def began(self, first_seen: datetime) -> datetime:
        """When the earliest problem of a widget began. Without widgets: `since`. For an unknown time: `first_seen`."""
        times = [since or first_seen for since in self.widgets.values()] or [self.since or first_seen]
        return min(times)


def causes_of(project: Project, now: datetime) -> dict[str, Cause]:
    """Returns `Cause.key` → cause."""
    no_secret = [project.pk] if project.secret_problem else []
    active = Widget.objects.filter(project=project, active=True).select_related("snapshot").defer(*HEAVY)
    causes: dict[str, Cause] = {}
    for widget in with_health(active.order_by("title"), now, no_secret).exclude(health_state="fresh"):
        widget.project = project
        if found := cause_of(widget, project, now):
            key, since, why = found
            causes.setdefault(key, Cause(key)).add(widget, since, why)
    for key, why in problems_of(project):
        causes.setdefault(key, Cause(key)).why = why
    if ending := ending_of(project, now):
        causes[ending.key] = ending
    return causes


def problems_of(project: Project) -> list[tuple[str, str]]:
    """Returns the key and the error message of the cause that affects the whole project, if any.

    Without active widgets, a project has no such cause.
    """
    if not project.widgets.filter(active=True).exists():
        return []
    if problem := project.secret_problem:
        return [("secret", problem)]
    if project.backoff_kind in NEEDS_SOMEBODY:
        return [(project.backoff_kind, project.backoff_message)]
    return []


def cause_of(widget: "WidgetWithHealth", project: Project, now: datetime) -> tuple[str, datetime | None, str] | None:
    """Returns the key of the widget's cause, the time when the problem began (None if unknown), and an error message.

    Returns None if there is no problem, or only a problem of a widget that nobody uses.
    """
    snapshot = widget.snapshot
    if widget.health_state == "failing":
        if widget.health_problem:
            return ("drawing", None, widget.health_problem) if is_used(widget, now) else None
        if snapshot and snapshot.error and snapshot.error_kind != ErrorKind.LIMIT:
            used = snapshot.error_kind in OF_PROJECT or is_used(widget, now)
            return (snapshot.error_kind, snapshot.failing_since, snapshot.error) if used else None
        if project.secret_problem:
            return "secret", None, project.secret_problem
        return project.backoff_kind, None, project.backoff_message
    if widget.health_state in ("stale", "waiting") and waits_in_vain(widget, snapshot, project, now):
        since = snapshot.due_at if snapshot and snapshot.fetched_at else None
        why = why_no_refresh(project, snapshot, now) or "The widget is polled, but MixCyfe does not refresh its data."
        return "stale", since, why
    return None


def is_used(widget: Widget, now: datetime) -> bool:
    """Whether one of these times is less than a day ago: the last poll, the start of the failure, `retry_at`.

    `retry_at` can also be in the future.
    """
    snapshot, recently = widget.snapshot, now - POLLED_WITHIN
    times = (widget.last_polled_at, *((snapshot.retry_at, snapshot.failing_since) if snapshot else ()))
    return any(time is not None and time > recently for time in times)


def waits_in_vain(widget: Widget, snapshot: Snapshot | None, project: Project, now: datetime) -> bool:
    """Whether the widget was polled after its data became stale, but no refresh is running or expected soon."""
    polled_at = widget.last_polled_at
    if snapshot is None or polled_at is None or polled_at <= now - POLLED_WITHIN:
        return False
    due_at = snapshot.due_at if snapshot.fetched_at else None
    if due_at is not None and polled_at < due_at:
        return False
    if any(until and until > now for until in (snapshot.retry_at, project.backoff_until, project.full_until)):
        return True
    is_leased = snapshot.lease_until is not None and snapshot.lease_until > now
    return not is_leased and now - max(due_at or polled_at, polled_at) > REFRESHING


def ending_of(project: Project, now: datetime) -> Cause | None:
    ends = project.credentials_end_on
    left = (ends - project.today(now)).days if ends else None
    days = next((days for days in DAYS_BEFORE if left is not None and left <= days), None)
    return Cause(f"{ENDS}{days}", since=now) if days is not None else None


def is_proven_well(notice: Notice, project: Project, now: datetime) -> bool | None:
    """Decides how a notice ends after its cause has disappeared.

    True: the problem is solved, and a message says so. False: the notice ends without a message. None: the notice does
    not end yet.
    """
    if notice.cause.startswith(ENDS) or not project.widgets.filter(active=True).exists():
        return False
    if notice.cause in NEEDS_SOMEBODY:
        # Saving a project clears its errors, but only an answer proves that Mixpanel accepts the credentials.
        undecided = (Outcome.RUNNING, Outcome.UNAVAILABLE, Outcome.LIMIT)
        last = (
            project.calls.exclude(outcome__in=undecided).order_by("-ended_at", "-pk").values_list("outcome", flat=True)
        )
        outcome = last.first()  # None if no such call is stored: calls are deleted after a week
        return None if outcome in NEEDS_SOMEBODY else outcome is not None
    if notice.cause == "secret":
        return True
    active = Widget.objects.filter(pk__in=notice.widgets, active=True).select_related("snapshot").defer(*HEAVY)
    widgets = list(with_health(active, now, []))
    if any(each.health_state == "failing" and is_used(each, now) for each in widgets):
        return None  # the widget now fails for another cause
    if any(
        each.health_state == "fresh"
        or (each.snapshot and each.snapshot.fetched_at and each.snapshot.fetched_at > notice.since)
        for each in widgets
    ):
        return True
    # A corrected widget gets its data only after its next poll, and a refresh might be running.
    return None if any(is_used(each, now) for each in widgets) else False

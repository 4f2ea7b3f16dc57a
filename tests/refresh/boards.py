"""Boards like those of real teams, and days of polls in simulated time."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice, product
from typing import Any

from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.refresh.test_freshness import cyfe_polls
from widgets.models import Project, Snapshot, Widget

NOON = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EVENTS = ("Signed up", "Logged in", "Order completed", "Page viewed", "Invite sent", "Plan upgraded")
SEGMENTS = (
    (),
    *(({"property": "plan", "op": "is", "value": plan},) for plan in ("Free", "Team", "Business")),
    *(({"property": "$os", "op": "is", "value": os},) for os in ("Windows", "Mac OS X", "iOS", "Android", "Linux")),
    *(({"property": "mp_country_code", "op": "is", "value": code},) for code in ("US", "DE", "FR", "GB", "IN", "BR")),
)
COUNTERS: tuple[dict[str, Any], ...] = (
    {"last": 1},
    {"last": 1, "include_today": True},
    {"last": 7, "options": {"comparison": True}},
    {"last": 30, "options": {"comparison": True}},
    {"range": "week_to_date"},
    {"range": "month_to_date"},
    {"range": "last_month"},
    {"range": "quarter_to_date"},
    {"last": 7, "measure": "unique"},
    {"last": 30, "measure": "unique"},
)
"""Fields of widgets that show one event as one number."""

BREAKDOWNS = ("plan", "mp_country_code")
ALONE: tuple[dict[str, Any], ...] = (
    # The breakdown by campaign has over 60 values.
    {"report": "segmentation", "events": ["Page viewed"], "breakdown": "campaign", "last": 30},
    {"report": "retention", "born_event": "Signed up", "events": ["Logged in"], "chart": "cohort"},
    {"report": "top_events", "chart": "list"},
    {"report": "saved_report", "saved_report": 41003, "chart": "table"},
)


def board(project: Project, size: int, *, alone: int = 0) -> list[Widget]:
    """Makes `size` widgets of three kinds.

    A sixth are lines with a breakdown, `alone` widgets can share no call, and the others show one number.
    """
    things = list(product(SEGMENTS, EVENTS))
    breakdowns = size // 6
    counters = islice(((thing, each) for thing in things for each in COUNTERS), size - breakdowns - alone)
    fields: list[dict[str, Any]] = [
        {"report": "segmentation", "events": [event], "filters": list(filters), "chart": "number"} | each
        for (filters, event), each in counters
    ]
    lines = islice(((thing, name) for thing in things for name in BREAKDOWNS), breakdowns)
    fields += [
        {"report": "segmentation", "events": [event], "filters": list(filters), "breakdown": name, "last": 30}
        for (filters, event), name in lines
    ]
    fields += islice(cycle(ALONE), alone)
    return [widget(project, title=f"{place}", **each) for place, each in enumerate(fields)]


def widget(project: Project, **fields: Any) -> Widget:
    made = Widget(project=project, **fields)
    made.full_clean()
    made.save()
    return made


@dataclass(slots=True)
class Simulated:
    """`busiest`: the most queries in any 60 minutes. `ages`: the age of every widget's data at every tick, in seconds.

    `todays`: only the ages for ranges that include today.
    """

    queries: int = 0
    busiest: int = 0
    ages: list[float] = field(default_factory=list)
    todays: list[float] = field(default_factory=list)


def days_of_polls(
    clock: Any, mixpanel: FakeMixpanel, widgets: list[Widget], span: timedelta, every: timedelta = MINUTE
) -> Simulated:
    """Polls each widget once per `every`, for the time `span`."""
    found = Simulated()
    before = len(mixpanel.calls)
    recent: deque[datetime] = deque()
    now = timezone.now()
    for _ in range(int(span / every)):
        for each in widgets:
            calls = len(mixpanel.calls)
            cyfe_polls(each)
            recent.extend([now] * (len(mixpanel.calls) - calls))
        while recent and recent[0] <= now - timedelta(hours=1):
            recent.popleft()
        found.busiest = max(found.busiest, len(recent))
        for age, is_over in ages(now):
            found.ages.append(age)
            found.todays += [] if is_over else [age]
        clock.shift(every)
        now += every
    found.queries = len(mixpanel.calls) - before
    return found


def ages(now: datetime) -> Iterator[tuple[float, bool]]:
    """Yields, per active widget, the age of its data in seconds, and whether the date range ended before today."""
    rows = Widget.objects.filter(active=True).values_list("snapshot__fetched_at", "snapshot__rolls_at")
    for fetched_at, rolls_at in rows:
        yield (now - fetched_at).total_seconds() if fetched_at else float("inf"), rolls_at is not None


def make_old(**more: Any) -> None:
    then = timezone.now() - timedelta(hours=12)
    Snapshot.objects.exclude(fetched_at=None).update(fetched_at=then, due_at=then, **more)


def snapshot_of(widget: Widget) -> Snapshot:
    return Snapshot.objects.get(pk=widget.snapshot_id)


def sharing() -> dict[str, str]:
    return {each.title: snapshot_of(each).sharing for each in Widget.objects.all()}

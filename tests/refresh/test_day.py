"""Simulated days with random polls, failures and edits. On every day, MixCyfe keeps to the limits and recovers."""

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_mixpanel.fake import FakeMixpanel
from tests.conftest import CLUSTER, new_project
from tests.refresh import boards
from tests.refresh.test_freshness import MOVABLE, NOT_MOVABLE, cyfe_polls, header
from widgets.models import ApiCall, Project, Snapshot, Widget

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not MOVABLE, reason=NOT_MOVABLE),
]

# In the following night, summer time begins in US/Pacific.
START = datetime(2026, 3, 7, 20, 0, tzinfo=UTC)
HOURLY = 8
HAPPENS = st.one_of(
    st.tuples(st.just("polls"), st.integers(1, 40)),
    st.tuples(st.just("pause"), st.integers(1, 240)),
    st.tuples(st.just("outage"), st.sampled_from([500, 503, 429, 401, 400])),
    st.tuples(st.just("recovery"), st.just(0)),
    st.tuples(st.just("killed"), st.just(0)),
    st.tuples(st.just("edited"), st.integers(0, 5)),
)


@settings(
    max_examples=20 if CLUSTER else 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(day=st.lists(HAPPENS, min_size=5, max_size=25))
def test_it_keeps_to_the_limits_and_recovers_on_any_day(
    mixpanel: FakeMixpanel, db: None, day: list[tuple[str, int]]
) -> None:
    start_anew(mixpanel)
    widgets = six_widgets()
    with time_machine.travel(START, tick=False) as clock:
        for step, how_much in day:
            match step:
                case "polls":
                    for _ in range(how_much):
                        for widget in widgets:
                            check_answer(cyfe_polls(widget), widget)
                        clock.shift(timedelta(minutes=3))
                case "pause":
                    clock.shift(timedelta(minutes=how_much))
                case "outage":
                    mixpanel.fail(how_much)
                case "recovery":
                    mixpanel.clear_faults()
                case "killed":
                    leave_a_lease_behind()
                case "edited":
                    widgets[how_much].limit += 1
                    widgets[how_much].save()
        check_ledger()
        check_recovery(clock, mixpanel, widgets)
        check_ledger()


def start_anew(mixpanel: FakeMixpanel) -> None:
    mixpanel.clear_faults()
    mixpanel.reset()
    for model in (ApiCall, Widget, Snapshot, Project):
        model.objects.all().delete()


def six_widgets() -> list[Widget]:
    project = new_project(hourly_limit=HOURLY)
    asked = {"report": "segmentation", "events": ["Signed up"], "breakdown": "plan"}
    return [boards.widget(project, title=f"{i}", **asked, last=i + 1, include_today=i % 2 == 0) for i in range(6)]


def check_answer(reply: Any, widget: Widget) -> None:
    assert reply.status in (200, 503)
    if reply.status == 503:
        assert int(header(reply, "Retry-After")) >= 1
        return
    assert reply.body.startswith(b"Date,")
    snapshot = Snapshot.objects.get(pk=Widget.objects.get(pk=widget.pk).snapshot_id)
    assert snapshot.fetched_at is not None
    age = (timezone.now() - snapshot.fetched_at).total_seconds()
    interval = 900 if widget.include_today else 6 * 3600
    project = Project.objects.get()
    must = max(3600, 3 * interval * project.interval_factor)
    # The answer gives a reason for data this old, or a process is refreshing the data.
    if age > must:
        leased = snapshot.lease_until is not None and snapshot.lease_until > timezone.now()
        assert leased or "detail=" in header(reply, "Cache-Status")


def leave_a_lease_behind() -> None:
    """Claims queries without an end, like a process that is killed in the middle of a query."""
    from widgets.refresh.quota import claim

    for snapshot in Snapshot.objects.order_by("pk")[:2]:
        claim(snapshot.pk, expected_fetched_at=snapshot.fetched_at, purpose="poll")


def check_ledger() -> None:
    """No 60 minutes have more calls than the limit allows, and no query runs twice at once."""
    window: deque[datetime] = deque()
    for at in ApiCall.objects.filter(counts=True).order_by("started_at").values_list("started_at", flat=True):
        window.append(at)
        while window[0] <= at - timedelta(hours=1):
            window.popleft()
        assert len(window) <= HOURLY
    busy: dict[int, datetime] = {}
    for pks, begin, end in ApiCall.objects.order_by("started_at").values_list("parts", "started_at", "ended_at"):
        for pk in pks:
            assert pk not in busy or busy[pk] <= begin
            # The call of a killed process has no end, but its lease lasts at least 35 seconds.
            busy[pk] = end or begin + timedelta(seconds=35)


def check_recovery(clock: Any, mixpanel: FakeMixpanel, widgets: list[Widget]) -> None:
    """After four hours without failures, all data is as fresh as the limit allows."""
    mixpanel.clear_faults()
    # As after a correction of the credentials.
    Project.objects.get().save()
    for _ in range(int(timedelta(hours=4) / timedelta(minutes=5))):
        for widget in widgets:
            cyfe_polls(Widget.objects.get(pk=widget.pk))
        clock.shift(timedelta(minutes=5))
    project = Project.objects.get()
    for widget in Widget.objects.select_related("snapshot"):
        if widget.snapshot.error_kind == "query":
            continue  # a refused query waits for a day
        assert widget.snapshot.fetched_at is not None
        interval = (900 if widget.include_today else 6 * 3600) * project.interval_factor
        assert (timezone.now() - widget.snapshot.fetched_at).total_seconds() <= interval + 1800

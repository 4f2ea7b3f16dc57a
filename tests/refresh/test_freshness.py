"""The number of queries to Mixpanel over days, nights and time zones."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from tests.apart import APART
from widgets.models import ApiCall, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.poll.response import Answer, answer

pytestmark = pytest.mark.django_db

# 20:00 UTC is noon in US/Pacific.
NOON = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)


MOVABLE = connection.vendor == "sqlite"
NOT_MOVABLE = "left out: PostgreSQL's clock is its own and can't be moved; SQLite's is this process's"


@pytest.fixture
def clock() -> Iterator[Any]:
    if not MOVABLE:
        pytest.skip(NOT_MOVABLE)
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def cyfe_polls(widget: Widget) -> Answer:
    """Polls once, and does the work that follows the answer."""
    reply = answer(widget.slug, "csv")
    for step in reply.after_response:
        step()
    return reply


def header(reply: Answer, name: str) -> str:
    return dict(reply.headers).get(name, "")


def polled_for(clock: Any, widget: Widget, span: timedelta, every: timedelta) -> int:
    """Polls the widget for the time `span`. Returns the number of queries to Mixpanel."""
    before = ApiCall.objects.count()
    for _ in range(int(span / every)):
        assert cyfe_polls(widget).status == 200
        clock.shift(every)
    return ApiCall.objects.count() - before


def test_it_queries_thirty_whole_days_five_times_a_day(clock: Any, make_widget: Callable[..., Widget]) -> None:
    widget = make_widget(last=30)
    clock.shift(timedelta(hours=1))
    cost = polled_for(clock, widget, timedelta(days=1), timedelta(seconds=10))
    # Every six hours, and at midnight.
    assert cost == 5


def test_the_projects_minutes_are_the_interval_of_ranges_with_today(
    clock: Any, make_widget: Callable[..., Widget]
) -> None:
    widget = make_widget(include_today=True)
    assert polled_for(clock, widget, timedelta(hours=6), timedelta(minutes=1)) == pytest.approx(6 * 4, abs=2)


def test_a_widgets_own_minutes_are_its_interval(clock: Any, make_widget: Callable[..., Widget]) -> None:
    widget = make_widget(refresh_minutes=60)
    assert polled_for(clock, widget, timedelta(hours=6), timedelta(minutes=5)) == 6


@pytest.mark.parametrize(
    ("zone", "midnight"),
    [
        ("US/Pacific", datetime(2026, 11, 19, 8, 0, tzinfo=UTC)),
        ("UTC", datetime(2026, 11, 19, 0, 0, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 11, 19, 15, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 11, 19, 10, 0, tzinfo=UTC)),
        ("Asia/Kathmandu", datetime(2026, 11, 18, 18, 15, tzinfo=UTC)),
        # The day that ends here has 23 hours.
        ("Europe/Berlin", datetime(2027, 3, 28, 22, 0, tzinfo=UTC)),
        # The day that ends here has 25 hours.
        ("America/New_York", datetime(2026, 11, 2, 5, 0, tzinfo=UTC)),
        ("US/Pacific", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),
        ("US/Pacific", datetime(2028, 3, 1, 8, 0, tzinfo=UTC)),
    ],
)
@pytest.mark.skipif(not MOVABLE, reason=NOT_MOVABLE)
def test_it_moves_the_range_at_the_projects_midnight(
    project: Any, make_widget: Callable[..., Widget], mixpanel: Any, zone: str, midnight: datetime
) -> None:
    project.timezone = zone
    project.save()
    widget = make_widget(last=1)
    with time_machine.travel(midnight - timedelta(minutes=30), tick=False) as clock:
        before = cyfe_polls(widget)
        assert header(before, "Cache-Control") == "private, max-age=1800"
        clock.shift(timedelta(minutes=30))
        # Until today's data arrives, polls get yesterday's data.
        yesterdays = cyfe_polls(widget)
        assert yesterdays.body == before.body
        assert "ttl=-1" in header(yesterdays, "Cache-Status")
        after = cyfe_polls(widget)
    last_day = before.body.split(b"\n")[1][:8].decode()
    next_day = after.body.split(b"\n")[1][:8].decode()
    assert datetime.strptime(next_day, "%Y%m%d") - datetime.strptime(last_day, "%Y%m%d") == timedelta(days=1)
    assert len([call for call in mixpanel.calls if call.status]) > 1


def test_widgets_with_the_same_query_share_one_call(
    clock: Any, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    asked = {"report": "segmentation", "breakdown": "plan", "last": 7}
    widgets = [
        make_widget(**asked),
        make_widget(**asked, chart="pie"),
        make_widget(**asked, colors=["#123456"], title="Another"),
        make_widget(**asked, exclude=["Free"], top=1),
    ]
    for widget in widgets:
        assert cyfe_polls(widget).status == 200
    assert len(mixpanel.calls) == 1
    cyfe_polls(make_widget(**asked, measure="unique"))
    assert len(mixpanel.calls) == 2


def test_it_stretches_all_intervals_evenly_if_the_hourly_limit_is_too_low(
    clock: Any, project: Any, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    project.hourly_limit = 12
    project.save()
    # 40 queries per hour would be due. The limit of 12 leaves 11 for polls.
    widgets = [make_widget(include_today=True, last=i + 1, **APART) for i in range(10)]
    for _ in range(4 * 60):
        for widget in widgets:
            cyfe_polls(widget)
        clock.shift(timedelta(minutes=1))
    project.refresh_from_db()
    assert project.interval_factor == pytest.approx(40 / (11 * 0.95))
    starts = {
        pk: list(ApiCall.objects.filter(parts=[pk]).order_by("started_at").values_list("started_at", flat=True))
        for pk in Snapshot.objects.values_list("pk", flat=True)
    }
    late = [b - a for times in starts.values() for a, b in zip(times[1:], times[2:], strict=False)]
    assert max(late) <= 1.7 * min(late)
    assert ApiCall.objects.count() <= 4 * 11 + 11


def test_a_widget_that_is_polled_seldom_gets_its_share_of_queries(
    clock: Any, project: Any, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    project.hourly_limit = 6
    project.save()
    eager = [make_widget(include_today=True, last=i + 1, **APART) for i in range(6)]
    seldom = make_widget(include_today=True, last=30, **APART)
    oldest = timedelta(0)
    for minute in range(7 * 60):
        for widget in eager:
            cyfe_polls(widget)
        if minute % 60 == 30:
            cyfe_polls(seldom)
            # At the first poll of this widget, no queries were left in the hour.
            if minute > 60:
                oldest = max(oldest, clock_age(seldom))
        clock.shift(timedelta(minutes=1))
    assert oldest < timedelta(hours=3)


def clock_age(widget: Widget) -> timedelta:
    from django.utils import timezone

    fetched = Snapshot.objects.get(pk=widget.snapshot_id).fetched_at
    return timezone.now() - fetched if fetched else timedelta(days=1)


def test_it_reserves_calls_of_the_hour_for_people(
    clock: Any, project: Any, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    from widgets.refresh.quota import Refusal
    from widgets.refresh.run import RefreshOutcome, refresh

    project.hourly_limit = 12
    project.save()
    widgets = [make_widget(last=i + 1, **APART) for i in range(13)]
    answers = [cyfe_polls(widget).status for widget in widgets]
    assert answers == [200] * 11 + [503, 503]
    pk = widgets[-1].snapshot_id
    assert refresh(pk, expected_fetched_at=None, purpose="poll") is Refusal.HOURLY_LIMIT
    assert refresh(pk, expected_fetched_at=None, purpose=Purpose.PERSON) is RefreshOutcome.STORED
    assert refresh(widgets[-2].snapshot_id, expected_fetched_at=None, purpose=Purpose.PERSON) is Refusal.HOURLY_LIMIT
    assert cyfe_polls(widgets[-1]).status == 200


def test_it_stores_the_time_of_polls_once_an_hour(
    clock: Any, make_widget: Callable[..., Widget], django_assert_num_queries: Any
) -> None:
    widget = make_widget()
    cyfe_polls(widget)
    widget.refresh_from_db()
    assert widget.last_polled_at == NOON
    clock.shift(timedelta(minutes=59))
    with django_assert_num_queries(1):
        cyfe_polls(widget)
    clock.shift(timedelta(minutes=1))
    cyfe_polls(widget)
    widget.refresh_from_db()
    assert widget.last_polled_at == NOON + timedelta(hours=1)

"""The health of widgets (such as fresh, stale or failing), as shown in lists and on the board."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from fake_mixpanel.saved_reports import UNDATED_BREAKDOWN_REPORT
from widgets.models import Project, Snapshot, Widget
from widgets.web.cards import Filter
from widgets.web.health import STATES, Health, for_lists, health_of

MINUTE = timedelta(minutes=1)
MakeWidget = Callable[..., Widget]


def set_data(widget: Widget, **fields: Any) -> None:
    snapshot = Snapshot.objects.filter(pk=widget.snapshot_id)
    snapshot.update(**fields)
    snapshot.set_due(Project.objects.get(pk=widget.project_id))


def set_polled(widget: Widget, minutes_ago: float | None = 1) -> None:
    at = None if minutes_ago is None else timezone.now() - minutes_ago * MINUTE
    Widget.objects.filter(pk=widget.pk).update(last_polled_at=at)


def health(widget: Widget) -> Health:
    now = timezone.now()
    return health_of(for_lists(Widget.objects.filter(pk=widget.pk), now).get(), now)


def test_it_is_fresh_after_a_poll(make_widget: MakeWidget, poll: Callable[..., Any]) -> None:
    widget = make_widget()
    poll(widget)
    found = health(widget)
    assert (found.state, found.word, found.why) == ("fresh", "Fresh", "")
    assert timezone.now() - found.since < MINUTE


def test_a_new_widget_says_what_to_do(make_widget: MakeWidget) -> None:
    found = health(make_widget())
    assert (found.state, found.word) == ("waiting", "Not read yet")
    assert "Paste its address into Cyfe" in found.why


def test_old_data_that_was_never_polled_is_not_called_stale(make_widget: MakeWidget) -> None:
    widget = make_widget(include_today=True)
    set_data(widget, fetched_at=timezone.now() - 60 * MINUTE)
    assert health(widget).word == "Not read yet"


def test_it_is_stale_after_its_interval(make_widget: MakeWidget) -> None:
    widget = make_widget(include_today=True)
    now = timezone.now()
    set_data(widget, fetched_at=now - 25 * MINUTE)
    set_polled(widget)
    found = health(widget)
    assert (found.state, found.word) == ("stale", "Stale")
    assert found.since == now - 10 * MINUTE


def test_a_widget_that_nobody_polls_any_more_says_so(make_widget: MakeWidget) -> None:
    widget = make_widget(include_today=True)
    set_data(widget, fetched_at=timezone.now() - timedelta(days=3))
    set_polled(widget, minutes_ago=3 * 24 * 60)
    assert "Cyfe last read the widget 3 days ago" in health(widget).why


def test_it_says_since_when_and_why_it_fails(make_widget: MakeWidget, poll: Callable[..., Any], mixpanel: Any) -> None:
    widget = make_widget()
    mixpanel.fail(503)
    poll(widget)
    found = health(widget)
    assert (found.state, found.word) == ("failing", "Failing")
    assert "Mixpanel answered 503" in found.why
    assert timezone.now() - found.since < MINUTE


def test_widgets_without_fresh_data_fail_if_mixpanel_refuses_the_project(
    make_widget: MakeWidget, project: Project
) -> None:
    fresh, stale, empty = make_widget(include_today=True), make_widget(include_today=True, last=6), make_widget(last=9)
    set_data(fresh, fetched_at=timezone.now())
    set_data(stale, fetched_at=timezone.now() - 60 * MINUTE)
    for widget in (fresh, stale, empty):
        set_polled(widget)
    Project.objects.update(
        backoff_kind="credentials", backoff_message="Mixpanel refused the credentials.", backoff_count=1
    )
    assert [health(widget).state for widget in (fresh, stale, empty)] == ["fresh", "failing", "failing"]
    assert health(stale).why == "Mixpanel refused the credentials."


def test_a_reached_limit_does_not_count_as_a_failure(make_widget: MakeWidget) -> None:
    widget = make_widget(include_today=True)
    now = timezone.now()
    set_data(widget, fetched_at=now - 60 * MINUTE, error="Mixpanel's limit is reached.", error_kind="limit")
    set_polled(widget)
    Project.objects.update(
        backoff_kind="limit",
        backoff_message="Mixpanel's limit is reached.",
        backoff_until=now + 12.5 * MINUTE,
        backoff_count=1,
    )
    found = health(widget)
    assert found.state == "stale"
    assert found.why == "Mixpanel's limit is reached. The next try is in 12 minutes."


def test_a_reached_hourly_limit_says_when_the_next_query_is_possible(make_widget: MakeWidget) -> None:
    widget = make_widget(include_today=True)
    set_data(widget, fetched_at=timezone.now() - 60 * MINUTE)
    set_polled(widget)
    Project.objects.update(full_until=timezone.now() + 8.5 * MINUTE)
    assert health(widget).why == "No queries are left this hour. The next query is possible in 8 minutes."


def test_it_fails_while_its_data_can_t_be_laid_out(make_widget: MakeWidget, poll: Callable[..., Any]) -> None:
    # Only the data of this saved report shows that the report can't be drawn as a line.
    widget = make_widget(report="saved_report", events=[], saved_report=UNDATED_BREAKDOWN_REPORT, chart="line")
    poll(widget)
    found = health(widget)
    assert found.state == "failing"
    assert "The chart “line” can't show this saved report" in found.why
    widget.refresh_from_db()
    widget.chart = "table"
    widget.save()
    assert health(widget).state == "fresh"


def test_a_paused_widget_is_paused_whatever_its_data(make_widget: MakeWidget) -> None:
    widget = make_widget(active=False)
    set_data(widget, error="Mixpanel answered 503.", error_kind="unavailable")
    assert health(widget).word == "Paused"


def test_a_widget_without_a_snapshot_has_no_data(make_widget: MakeWidget) -> None:
    widget = make_widget()
    set_polled(widget)
    Snapshot.objects.all().delete()
    assert health(widget).word == "No data yet"


def test_widgets_are_counted_by_state(make_widget: MakeWidget) -> None:
    fresh, _ = make_widget(), make_widget(active=False)
    set_data(fresh, fetched_at=timezone.now())
    make_widget(last=9)
    expected = dict.fromkeys(STATES, 0) | {"fresh": 1, "waiting": 1, "paused": 1}
    found = Filter().find(Widget.objects.all(), timezone.now())
    assert {state: found.states[state] for state in STATES} == expected
    assert found.number == sum(expected.values())


@pytest.mark.parametrize("interval_factor", [1, 2.5])
def test_data_is_stale_after_its_interval_or_at_the_projects_midnight(
    make_widget: MakeWidget, interval_factor: float
) -> None:
    now = timezone.now()
    ages, rolls, own = (1, 14, 16, 359, 361, 899, 901), (None, -1, 30), (None, 0.5, 20)
    stale = {}
    for age, rolls_in, minutes in product(ages, rolls, own):
        widget = make_widget(refresh_minutes=minutes, last=Widget.objects.count() + 1)
        Project.objects.update(interval_factor=interval_factor)
        rolls_at = None if rolls_in is None else now + rolls_in * MINUTE
        set_data(widget, fetched_at=now - age * MINUTE, rolls_at=rolls_at)
        set_polled(widget)
        interval = minutes or (15 if rolls_in is None else 360)
        stale[widget.pk] = age >= interval * interval_factor or (minutes is None and rolls_in == -1)
    widgets = for_lists(Widget.objects.all(), now)
    assert {widget.pk: widget.health_state == "stale" for widget in widgets} == stale


def test_widgets_that_share_data_share_the_shortest_interval(make_widget: MakeWidget, project: Project) -> None:
    one, other = make_widget(include_today=True), make_widget(include_today=True, refresh_minutes=5)
    assert one.snapshot_id == other.snapshot_id
    for widget in (one, other):
        set_polled(widget)
    set_data(one, fetched_at=timezone.now() - 6 * MINUTE)
    assert health(one).state == health(other).state == "stale"
    other.refresh_minutes = 30
    other.save()
    assert health(one).state == health(other).state == "fresh"

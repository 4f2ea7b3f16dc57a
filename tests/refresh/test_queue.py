"""Refresh tasks on Celery's queue: at most one per snapshot, even if its project is at its limit for a long time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from fake_mixpanel.fake import FakeMixpanel
from tests.refresh.test_freshness import MOVABLE, NOT_MOVABLE
from widgets.models import DeletedWidget, Project, Snapshot, Widget
from widgets.refresh.queue import enqueue
from widgets.refresh.quota import Refusal
from widgets.refresh.run import refresh

celery = pytest.importorskip("widgets.refresh.worker", reason="left out: Celery is not installed")
pytestmark = pytest.mark.django_db

MakeWidget = Callable[..., Widget]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Any]:
    """The arguments of each task on the broker's queue."""
    settings.TASKS = "celery"
    tasks: list[Any] = []
    monkeypatch.setattr(celery.refresh_task, "apply_async", lambda args, **_: tasks.append(args))
    monkeypatch.setattr(celery, "RETRY_SECONDS", 0)
    return tasks


def make_busy(project: Project, now: datetime) -> None:
    Project.objects.filter(pk=project.pk).update(concurrent_limit=1)
    project.calls.create(started_at=now, purpose="worker", summary="runs")


@pytest.mark.skipif(not MOVABLE, reason=NOT_MOVABLE)
def test_polls_queue_no_second_task_while_the_first_waits(
    queue: list[Any], make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget()
    with time_machine.travel(datetime(2026, 11, 18, 20, 0, tzinfo=UTC), tick=False) as clock:
        make_busy(widget.project, datetime.now(UTC))
        enqueue(widget.snapshot_id, None)
        for _ in range(5):
            clock.shift(timedelta(seconds=20))
            celery.refresh_task(*queue.pop())
            enqueue(widget.snapshot_id, None)
            assert len(queue) == 1
    assert not mixpanel.calls


def test_a_task_goes_back_to_the_queue_only_while_its_snapshot_waits_for_it(
    queue: list[Any], make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    """While the task waited, another process tried the refresh and failed."""
    widget = make_widget()
    enqueue(widget.snapshot_id, None)
    make_busy(widget.project, datetime.now(UTC))
    Snapshot.objects.update(queued_at=None)
    celery.refresh_task(*queue.pop())
    assert not queue


def test_a_task_that_finds_its_project_busy_for_too_long_ends_quietly(
    queue: list[Any], make_widget: MakeWidget, caplog: pytest.LogCaptureFixture
) -> None:
    widget = make_widget()
    make_busy(widget.project, datetime.now(UTC))
    ended = celery.refresh_task.apply((widget.snapshot_id, None, celery.MAX_TRIES))
    assert (ended.state, queue, caplog.records) == ("SUCCESS", [], [])


def pause(widget: Widget) -> None:
    Widget.objects.filter(pk=widget.pk).update(active=False)


def delete(widget: Widget) -> None:
    DeletedWidget.objects.take(Widget.objects.filter(pk=widget.pk), None)


@pytest.mark.parametrize("end", [pause, delete])
def test_the_query_of_a_paused_or_deleted_widget_is_never_sent(
    queue: list[Any], make_widget: MakeWidget, mixpanel: FakeMixpanel, poll: Any, end: Callable[[Widget], None]
) -> None:
    """Neither a queued task, a thread or a command sends the query, nor a batch of the project's other widgets."""
    widget, other = make_widget(include_today=True), make_widget(last=9, include_today=True)
    pk = widget.snapshot_id
    for each in (widget, other):
        celery.refresh_task(each.snapshot_id, None)
        poll(each)
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=5), tick=False):
        poll(widget)
        assert [task[0] for task in queue] == [pk]
        end(widget)
        asked = len(mixpanel.calls)
        celery.refresh_task(*queue.pop())
        fetched_at = Snapshot.objects.get(pk=pk).fetched_at
        assert refresh(pk, expected_fetched_at=fetched_at, purpose="poll", by_priority=True) is Refusal.UNUSED
        assert poll(widget).status_code == 404
        assert len(mixpanel.calls) == asked
        assert not queue
        call_command("refresh_widgets", "--all")
        assert len(mixpanel.calls) == asked + 1, "only the other widget's query is sent"
        poll(other)
        assert Snapshot.objects.get(pk=pk).fetched_at == fetched_at


def test_a_query_that_another_active_widget_shares_is_sent(
    queue: list[Any], make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget()
    make_widget(title="Same", chart="column")
    pause(widget)
    celery.refresh_task(widget.snapshot_id, None)
    assert len(mixpanel.calls) == 1

"""Tasks on Celery's queue: one per snapshot, however long its project is busy."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from fake_mixpanel.fake import FakeMixpanel
from widgets.models import Project, Snapshot, Widget
from widgets.refresh.queue import enqueue

celery = pytest.importorskip("widgets.refresh.worker", reason="left out: Celery is not installed")
pytestmark = pytest.mark.django_db

MakeWidget = Callable[..., Widget]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[Any]:
    """What the broker holds: each a task's arguments."""
    settings.TASKS = "celery"
    tasks: list[Any] = []
    monkeypatch.setattr(celery.refresh_task, "apply_async", lambda args, **_: tasks.append(args))
    monkeypatch.setattr(celery, "RETRY_SECONDS", 0)
    return tasks


def make_busy(project: Project, now: datetime) -> None:
    Project.objects.filter(pk=project.pk).update(concurrent_limit=1)
    project.calls.create(started_at=now, purpose="worker", what="runs")


def test_polls_queue_no_second_task_while_the_first_waits_for_a_free_place(
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
    """Another has tried meanwhile, and failed."""
    widget = make_widget()
    enqueue(widget.snapshot_id, None)
    make_busy(widget.project, datetime.now(UTC))
    Snapshot.objects.update(queued_at=None)
    celery.refresh_task(*queue.pop())
    assert not queue

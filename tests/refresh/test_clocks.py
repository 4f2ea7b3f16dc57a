"""Hosts with a wrong clock cause no extra query, and superusers get a warning. Late or duplicate tasks do nothing."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.refresh.test_freshness import clock, cyfe_polls
from tests.web.people import viewer
from widgets.models import HostClock, Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.refresh.clock import database_now
from widgets.refresh.quota import Refusal
from widgets.refresh.run import RefreshOutcome, refresh

pytestmark = pytest.mark.django_db
__all__ = ["clock"]

MakeWidget = Callable[..., Widget]
ON_POSTGRESQL = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="left out: on SQLite a host and its database share a clock"
)


def test_a_host_whose_clock_is_ahead_sends_no_extra_query(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    """The data is stale by the host's clock, so the host starts a refresh, but fresh by the database's clock."""
    widget = make_widget(include_today=True)
    assert cyfe_polls(widget).status == 200
    fetched_at = Snapshot.objects.get().fetched_at
    for purpose in ("poll", "worker"):
        assert (
            refresh(widget.snapshot_id, expected_fetched_at=fetched_at, purpose=purpose, by_priority=True)
            is Refusal.FRESH
        )
    assert len(mixpanel.calls) == 1
    clock.shift(timedelta(minutes=15))
    assert (
        refresh(widget.snapshot_id, expected_fetched_at=fetched_at, purpose="poll", by_priority=True)
        is RefreshOutcome.STORED
    )


def test_people_and_commands_can_refresh_fresh_data(make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
    widget = make_widget()
    assert cyfe_polls(widget).status == 200
    for purpose in (Purpose.PERSON, "command"):
        assert (
            refresh(widget.snapshot_id, expected_fetched_at=Snapshot.objects.get().fetched_at, purpose=purpose)
            is RefreshOutcome.STORED
        )


def test_data_is_due_after_the_shortest_interval_of_its_widgets(clock: Any, make_widget: MakeWidget) -> None:
    slow, quick = make_widget(refresh_minutes=600), make_widget(refresh_minutes=5, chart="pie")
    assert slow.snapshot_id == quick.snapshot_id
    cyfe_polls(slow)
    fetched_at = Snapshot.objects.get().fetched_at
    clock.shift(timedelta(minutes=6))
    assert refresh(slow.snapshot_id, expected_fetched_at=fetched_at, purpose="poll") is RefreshOutcome.STORED


def test_a_task_that_is_late_or_double_does_nothing(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel, settings: Any
) -> None:
    celery = pytest.importorskip("widgets.refresh.worker")
    widget = make_widget(include_today=True)
    cyfe_polls(widget)
    fetched_at = Snapshot.objects.get().fetched_at.isoformat()
    assert celery.refresh_task.expires is None
    celery.refresh_task(widget.snapshot_id, fetched_at)
    assert len(mixpanel.calls) == 1, "nothing is due"
    clock.shift(timedelta(hours=5))
    celery.refresh_task(widget.snapshot_id, fetched_at)
    celery.refresh_task(widget.snapshot_id, fetched_at)
    assert len(mixpanel.calls) == 2, "the late task sends one query, its duplicate none"


@pytest.mark.parametrize("off", [timedelta(minutes=-2), timedelta(minutes=2)])
def test_a_lost_task_is_queued_anew_whatever_the_host_s_clock(
    make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> None:
    celery = pytest.importorskip("widgets.refresh.worker")
    from widgets.refresh.queue import enqueue, may_queue

    queued: list[int] = []
    monkeypatch.setattr(celery.refresh_task, "apply_async", lambda args, **_: queued.append(args[0]))
    widget = make_widget()
    now = datetime(2026, 11, 18, 20, 0, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as clock:
        assert enqueue(widget.snapshot_id, None)
        queued_at = Snapshot.objects.get().queued_at
        assert enqueue(widget.snapshot_id, None)
        assert may_queue(queued_at, now + off), "the database's clock decides"
        if connection.vendor == "sqlite":
            assert len(queued) == 1
            clock.shift(timedelta(seconds=31))
            enqueue(widget.snapshot_id, None)
            assert len(queued) == 2


def test_superusers_are_told_of_a_host_whose_clock_is_wrong(admin_client: Client, project: Project) -> None:
    HostClock.objects.create(host="web-2", ahead=600, noticed_at=timezone.now() - timedelta(minutes=1))
    HostClock.objects.create(host="web-3", ahead=-30, noticed_at=timezone.now() - timedelta(hours=1))
    shown = admin_client.get("/admin/").content.decode()
    assert "The clock of host web-2 is 600 seconds ahead of the database" in shown
    assert "web-3" not in shown, "the last report of this host is an hour old"
    assert "web-2" not in viewer(project).get("/admin/").content.decode()


@ON_POSTGRESQL
@pytest.mark.parametrize(("off", "told"), [(600, True), (-600, True), (3, False), (0, False)])
def test_a_wrong_clock_is_reported_only_once_in_a_while(
    off: int, told: bool, caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Any
) -> None:
    cache.clear()
    truth = database_now()
    with (
        caplog.at_level(logging.WARNING, "widgets.refresh.clock"),
        django_capture_on_commit_callbacks(execute=True),
        time_machine.travel(truth + timedelta(seconds=off)),
    ):
        for _ in range(5):
            database_now()
    assert len(caplog.records) == told
    assert HostClock.objects.count() == told
    if told:
        assert HostClock.objects.get().ahead == pytest.approx(off, abs=5)


@ON_POSTGRESQL
def test_a_web_host_ten_minutes_ahead_sends_no_more_queries_than_others(
    make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(refresh_minutes=5)
    cyfe_polls(widget)
    with time_machine.travel(timezone.now() + timedelta(minutes=10)):
        for _ in range(20):
            assert cyfe_polls(widget).status == 200
    assert len(mixpanel.calls) == 1

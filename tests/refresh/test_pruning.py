"""Unused rows are deleted automatically, and rows in use stay."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.signals import post_init
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.refresh.test_freshness import clock, cyfe_polls
from widgets.editor.preview import Ask, preview
from widgets.models import ApiCall, OptionCache, Project, Snapshot, Widget
from widgets.refresh import pruning
from widgets.refresh.clock import database_now
from widgets.refresh.run import RefreshOutcome, refresh

pytestmark = pytest.mark.django_db
__all__ = ["clock"]

MakeWidget = Callable[..., Widget]


def unsaved(project: Project) -> Widget:
    return Widget(project=project, title="Not saved", report="events", events=["Signed up"], last=3)


def test_a_preview_can_be_repeated_days_later(clock: Any, project: Project, mixpanel: FakeMixpanel) -> None:
    assert preview(unsaved(project), Ask.NOW, user_id=None).fetched_at
    for days in (2, 9):
        clock.shift(timedelta(days=days))
        shown = preview(unsaved(project), Ask.NOW, user_id=None)
        assert (shown.fetched_at, shown.problem) == (timezone.now(), "")
    assert len(mixpanel.calls) == 3


def test_it_prunes_now_and_then_by_itself(clock: Any, project: Project, make_widget: MakeWidget) -> None:
    preview(unsaved(project), Ask.NOW, user_id=None)
    OptionCache.objects.of(project, "events")
    widget = make_widget()
    cyfe_polls(widget)
    clock.shift(timedelta(days=8))
    cyfe_polls(widget)
    assert list(Snapshot.objects.values_list("pk", flat=True)) == [widget.snapshot_id]
    assert ApiCall.objects.count() == 1
    assert not OptionCache.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_deletes_nothing_keeps_no_answer_from_a_poll(
    clock: Any, make_widget: MakeWidget, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("DELETE"):
            raise OperationalError("database is locked")
        return execute(sql, *rest)

    widgets = make_widget(), make_widget(last=3)
    clock.shift(timedelta(days=8))
    with connection.execute_wrapper(refuse):
        assert [cyfe_polls(widget).status for widget in widgets] == [200, 200]
    assert [record.message for record in caplog.records if record.exc_info] == ["unused rows could not be deleted"]


def test_clean_up_can_prune_and_count(project: Project, make_widget: MakeWidget) -> None:
    make_widget()
    preview(unsaved(project), Ask.NOW, user_id=None)
    later = database_now() + timedelta(days=8)
    assert pruning.prune(later) == {
        "calls to Mixpanel": 1,
        "deleted widgets": 0,
        "unused queries": 1,
        "unused lists": 0,
        "old notices": 0,
        "clock warnings": 0,
    }
    assert set(pruning.prune(later).values()) == {0}


def test_snapshots_with_a_running_refresh_stay(project: Project) -> None:
    preview(unsaved(project), Ask.NOW, user_id=None)
    later = database_now() + timedelta(days=2)
    Snapshot.objects.update(lease_until=later + timedelta(seconds=1))
    assert pruning.prune_snapshots(later) == 0
    Snapshot.objects.update(lease_until=None)
    assert pruning.prune_snapshots(later) == 1


def test_a_query_that_is_pruned_between_its_lookup_and_the_save_is_made_anew(
    project: Project, make_widget: MakeWidget
) -> None:
    preview(unsaved(project), Ask.NOW, user_id=None)
    Snapshot.objects.update(touched_at=timezone.now() - timedelta(days=2))

    def prune_meanwhile(instance: Snapshot, **_: Any) -> None:
        post_init.disconnect(prune_meanwhile, sender=Snapshot)
        assert pruning.prune_snapshots(database_now()) == 1

    post_init.connect(prune_meanwhile, sender=Snapshot)
    widget = make_widget(last=3)
    widget.refresh_from_db()
    assert widget.snapshot_id == Snapshot.objects.get().pk
    assert cyfe_polls(widget).status == 200


def test_two_people_who_save_a_widget_at_the_same_time_share_no_version(make_widget: MakeWidget) -> None:
    widget = make_widget()
    assert widget.version == 1
    ann, ben = Widget.objects.get(pk=widget.pk), Widget.objects.get(pk=widget.pk)
    ann.save()
    ben.save()
    assert (ann.version, ben.version) == (2, 3)


def test_a_snapshot_s_version_rises_with_its_data_only(clock: Any, make_widget: MakeWidget) -> None:
    widget = make_widget(last=3)
    cyfe_polls(widget)
    clock.shift(timedelta(hours=7))
    fetched_at = Snapshot.objects.get().fetched_at
    assert refresh(widget.snapshot_id, expected_fetched_at=fetched_at, purpose="poll") is RefreshOutcome.STORED
    assert Snapshot.objects.get().version == 1
    clock.shift(timedelta(days=1))
    assert (
        refresh(widget.snapshot_id, expected_fetched_at=Snapshot.objects.get().fetched_at, purpose="poll")
        is RefreshOutcome.STORED
    )
    assert Snapshot.objects.get().version == 2

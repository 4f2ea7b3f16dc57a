"""Batches that Mixpanel refuses, answers wrongly, or answers too late: one wrong query does not delay the others."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.conftest import CLUSTER
from tests.refresh import boards
from tests.refresh.boards import make_old, sharing, snapshot_of
from tests.refresh.test_freshness import clock, cyfe_polls
from widgets.models import ApiCall, Snapshot, Widget
from widgets.models.snapshot import Sharing

pytestmark = pytest.mark.django_db
__all__ = ["clock"]

MakeWidget = Callable[..., Widget]
WRONG = "Plan upgraded"
"""In some tests, the fake Mixpanel refuses queries for this event."""


class TestRefusal:
    def test_each_query_is_sent_alone_once_and_only_the_wrong_one_waits(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        widgets = [make_widget(title=f"{days}", last=days) for days in range(2, 8)]
        for widget in widgets:
            assert cyfe_polls(widget).status == 200
        wrong = make_widget(title="wrong", events=[WRONG])
        make_old()
        mixpanel.fail(400, "unknown event", asking=WRONG)
        assert cyfe_polls(widgets[0]).status == 200
        # The poll's own query was sent alone at once. The batch's other queries follow within the hour.
        assert set(sharing().values()) == {Sharing.MAY, Sharing.ONCE}
        assert Snapshot.objects.exclude(error="").count() == 0
        calls = [len(mixpanel.calls)]
        for _ in range(70):
            assert {cyfe_polls(widget).status for widget in widgets} == {200}
            cyfe_polls(wrong)
            clock.shift(timedelta(minutes=1))
            calls.append(len(mixpanel.calls))
        assert max(later - sooner for sooner, later in zip(calls, calls[1:], strict=False)) <= 1
        assert calls[-1] == 2 + 7
        assert sharing() == {**{f"{days}": Sharing.MAY for days in range(2, 8)}, "wrong": Sharing.NEVER}
        assert "unknown event" in snapshot_of(wrong).error
        assert "unknown event" in cyfe_polls(wrong).body.decode()

        make_old()
        before = len(mixpanel.calls)
        assert {cyfe_polls(widget).status for widget in widgets} == {200}
        assert len(mixpanel.calls) == before + 1
        wrong.events = ["Signed up"]
        wrong.last = 30
        wrong.save()
        assert snapshot_of(wrong).sharing == Sharing.MAY

    def test_a_new_board_with_one_wrong_widget_has_its_numbers_at_once(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        mixpanel.fail(400, "unknown event", asking=WRONG)
        widgets = [make_widget(last=days) for days in range(2, 12)]
        wrong = make_widget(events=[WRONG])
        assert [cyfe_polls(widget).status for widget in [*widgets, wrong]] == [200] * 10 + [503]
        assert len(mixpanel.calls) == 1 + 11
        make_old()
        assert {cyfe_polls(widget).status for widget in widgets} == {200}
        assert len(mixpanel.calls) == 1 + 11 + 1

    def test_a_batch_that_mixpanel_refuses_for_its_size_gets_smaller(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("fake_mixpanel.bookmark.MOST_METRICS", 5)
        widgets = [
            make_widget(title=f"{event} {measure}", events=[event], measure=measure, include_today=True)
            for event in boards.EVENTS
            for measure in ("total", "unique")
        ]
        hours = 6 if CLUSTER else 2
        found = boards.days_of_polls(clock, mixpanel, widgets, timedelta(hours=hours), every=timedelta(minutes=5))
        refused = [call for call in mixpanel.calls if call.status == 400]
        assert set(sharing().values()) <= {Sharing.MAY, Sharing.ONCE}
        assert len(refused) < found.queries / 8
        # One call per query would need more calls.
        assert found.queries < 0.8 * len(widgets) * 4 * hours

    def test_a_preview_of_a_wrong_query_is_sent_alone(self, make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
        from widgets.editor.preview import Ask, preview

        for days in (2, 3):
            make_widget(last=days)
        mixpanel.fail(400, "unknown event", asking=WRONG)
        wrong = make_widget(events=[WRONG])
        assert "unknown event" in preview(wrong, Ask.NOW, user_id=None).problem
        assert ApiCall.objects.get().parts == [wrong.snapshot_id]
        assert set(sharing().values()) == {Sharing.MAY, Sharing.NEVER}

    def test_a_refused_query_joins_batches_again_after_an_answer(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        mixpanel.fail(400, "unknown event", times=1)
        widget = make_widget()
        cyfe_polls(widget)
        assert snapshot_of(widget).sharing == Sharing.NEVER
        clock.shift(timedelta(hours=25))
        assert cyfe_polls(widget).status == 200
        assert snapshot_of(widget).sharing == Sharing.MAY

    @pytest.mark.parametrize("kind", ["wrong_shape", "empty"])
    def test_an_unreadable_answer_changes_no_data(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel, kind: str
    ) -> None:
        widgets = [make_widget(last=days) for days in (2, 3, 4)]
        bodies = [cyfe_polls(widget).body for widget in widgets]
        make_old()
        mixpanel.broken(kind, times=1)
        assert [cyfe_polls(widget).body for widget in widgets] == bodies
        for _ in range(20):
            clock.shift(timedelta(minutes=1))
            assert [cyfe_polls(widget).body for widget in widgets] == bodies
        assert set(sharing().values()) == {Sharing.MAY}
        assert not Snapshot.objects.exclude(error="").exists()


class TestOutage:
    def test_a_batch_that_took_too_long_is_halved(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        widgets = [make_widget(last=days) for days in range(2, 10)]
        mixpanel.fail(400, "Timeout Error.", times=1)
        assert {cyfe_polls(widget).status for widget in widgets} == {503}
        assert len(mixpanel.calls) == 1
        clock.shift(timedelta(minutes=1))
        assert {cyfe_polls(widget).status for widget in widgets} == {200}
        assert [len(call.parts) for call in ApiCall.objects.order_by("pk")] == [8, 4, 4]
        for parts in (5, 6, 7):
            make_old()
            for widget in widgets:
                cyfe_polls(widget)
            assert len(ApiCall.objects.order_by("-pk")[1].parts) == parts

    def test_all_queries_of_the_batch_are_sent_again_together(
        self, clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        widgets = [make_widget(last=days) for days in range(2, 6)]
        mixpanel.fail(503, times=2)
        for _ in range(10):
            assert {cyfe_polls(widget).status for widget in widgets} <= {200, 503}
            clock.shift(timedelta(seconds=20))
        assert [len(call.parts) for call in ApiCall.objects.order_by("pk")] == [4, 4, 4]

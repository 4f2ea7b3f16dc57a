"""One call to Mixpanel refreshes all stale queries that fit into it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.apart import APART
from tests.refresh import boards
from tests.refresh.boards import make_old, snapshot_of
from tests.refresh.test_freshness import clock, cyfe_polls, header
from widgets.models import ApiCall, Project, Snapshot, Widget
from widgets.models.call import Purpose
from widgets.models.snapshot import Sharing
from widgets.refresh.batch import Item, calls_per_hour
from widgets.refresh.quota import Refusal, Reservation, claim
from widgets.refresh.run import RefreshOutcome, refresh

pytestmark = pytest.mark.django_db
__all__ = ["clock"]

MakeWidget = Callable[..., Widget]


def test_the_first_poll_of_a_board_refreshes_its_other_widgets_too(
    clock: Any, project: Project, mixpanel: FakeMixpanel
) -> None:
    widgets = boards.board(project, 72)
    assert len(widgets) == 72
    bodies = {}
    for widget in widgets:
        reply = cyfe_polls(widget)
        assert reply.status == 200
        bodies[widget.pk] = reply.body
    assert len(mixpanel.calls) <= 8
    make_old()
    for widget in widgets:
        cyfe_polls(widget)
    assert len(mixpanel.calls) <= 16
    assert {call.status for call in mixpanel.calls} == {200}
    Widget.objects.update(last_polled_at=timezone.now())

    # Sent alone, each query gets the same bytes.
    make_old(sharing=Sharing.NEVER)
    before = len(mixpanel.calls)
    for widget in widgets[::3]:
        refresh(widget.snapshot_id, expected_fetched_at=snapshot_of(widget).fetched_at, purpose=Purpose.PERSON)
    assert len(mixpanel.calls) - before >= 20
    assert all(cyfe_polls(widget).body == bodies[widget.pk] for widget in widgets[::3])


@pytest.mark.parametrize("engine", ["insights", "classic"])
def test_queries_of_different_ranges_share_a_call_for_the_longest(
    project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, engine: str
) -> None:
    project.engine = engine
    project.save()
    widgets = [make_widget(last=days) for days in (2, 40, 9)]
    widgets.append(make_widget(events=["Logged in", "Signed up"], last=3, overlay_previous=True))
    lines = [cyfe_polls(widget).body.split(b"\nYAxis")[0].split(b"\n") for widget in widgets]
    assert [len(each) for each in lines] == [1 + days for days in (2, 40, 9, 3)]
    assert lines[1][-2:] == lines[0][-2:]
    assert lines[3][0].count(b",") == 4
    assert len(mixpanel.calls) == 1
    call = ApiCall.objects.get()
    assert sorted(call.parts) == sorted({each.snapshot_id for each in widgets})
    assert call.summary.startswith("4 queries: events")


def test_a_query_that_is_due_soon_joins_so_that_both_become_due_together(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    first = make_widget(include_today=True)
    cyfe_polls(first)
    clock.shift(timedelta(minutes=6))
    second = make_widget(include_today=True, last=9)
    # The first query's data is younger than half of its interval (15 minutes), so the query is not in the batch.
    cyfe_polls(second)
    assert snapshot_of(first).fetched_at != snapshot_of(second).fetched_at
    clock.shift(timedelta(minutes=9))
    cyfe_polls(first)
    assert snapshot_of(first).fetched_at == snapshot_of(second).fetched_at
    for _ in range(60):
        clock.shift(timedelta(minutes=1))
        cyfe_polls(first)
        cyfe_polls(second)
    assert len(mixpanel.calls) == 3 + 4


def test_paused_and_fresh_widgets_cause_no_query(make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
    fresh = make_widget(last=8)
    cyfe_polls(fresh)
    before = snapshot_of(fresh).fetched_at
    paused, other = make_widget(last=9, active=False), make_widget(last=10)
    cyfe_polls(other)
    assert snapshot_of(paused).fetched_at is None
    assert snapshot_of(fresh).fetched_at == before


class TestLeases:
    def test_a_query_that_another_process_refreshes_is_left_out_of_the_batch(
        self, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        mine, theirs = make_widget(last=2), make_widget(last=3)
        held = claim(theirs.snapshot_id, expected_fetched_at=None, purpose=Purpose.POLL)
        assert isinstance(held, Reservation)
        assert cyfe_polls(mine).status == 200
        assert ApiCall.objects.order_by("-pk")[0].parts == [mine.snapshot_id]
        assert snapshot_of(theirs).lease_token == held.token

    def test_an_answer_is_stored_only_while_the_process_has_the_lease(
        self, make_widget: MakeWidget, mixpanel: FakeMixpanel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mine, lost = make_widget(last=2), make_widget(last=3)
        send = requests.Session.send

        def slow_send(*args: Any, **options: Any) -> Any:
            Snapshot.objects.filter(pk=lost.snapshot_id).update(lease_token="another")
            return send(*args, **options)

        monkeypatch.setattr(requests.Session, "send", slow_send)
        assert refresh(mine.snapshot_id, expected_fetched_at=None, purpose=Purpose.COMMAND) is RefreshOutcome.STORED
        assert snapshot_of(lost).fetched_at is None
        assert snapshot_of(lost).lease_token == "another"

    @pytest.mark.usefixtures("mixpanel")
    def test_the_leases_of_a_killed_process_end_for_the_whole_batch(
        self, clock: Any, make_widget: MakeWidget, settings: Any
    ) -> None:
        widgets = [make_widget(last=days) for days in (2, 3, 4)]
        first, *others = [widget.snapshot_id for widget in widgets]
        killed = claim(first, expected_fetched_at=None, purpose=Purpose.POLL, others=dict.fromkeys(others))
        assert isinstance(killed, Reservation)
        assert len(killed.parts) == 3
        again = claim(others[0], expected_fetched_at=None, purpose=Purpose.POLL)
        assert again is Refusal.LEASED
        clock.shift(timedelta(seconds=settings.MIXPANEL_TIMEOUT + 31))
        assert {cyfe_polls(widget).status for widget in widgets} == {200}
        assert [len(call.parts) for call in ApiCall.objects.order_by("pk")] == [3, 3]


class TestBreakdown:
    def test_a_list_that_the_widget_s_limit_cuts_is_queried_alone(
        self, make_widget: MakeWidget, mixpanel: FakeMixpanel
    ) -> None:
        asked = {"report": "segmentation", "events": ["Page viewed"], "breakdown": "campaign"}
        short, whole = make_widget(**asked, limit=20), make_widget(**asked, limit=200, last=9)
        assert [cyfe_polls(widget).status for widget in (short, whole)] == [200, 200]
        assert cyfe_polls(short).body.split(b"\n")[0].count(b",") == 20
        assert cyfe_polls(whole).body.split(b"\n")[0].count(b",") > 100
        assert [snapshot_of(each).sharing for each in (short, whole)] == [Sharing.NEVER, Sharing.MAY]
        assert len(mixpanel.calls) == 2
        make_old()
        for widget in (short, whole):
            cyfe_polls(widget)
        assert len(mixpanel.calls) == 4


def test_queries_that_share_nothing_keep_to_the_limit_and_are_fair(
    clock: Any, project: Project, mixpanel: FakeMixpanel, make_widget: MakeWidget
) -> None:
    """`python -m benchmarks.batches` measures the same with 500 queries and a limit of 60 calls per hour."""
    Project.objects.update(hourly_limit=6)
    measured = {"report": "retention", "born_event": "Signed up", "events": ["Logged in"], "chart": "cohort"}
    widgets = [make_widget(title=f"{i}", **measured, include_today=True, intervals=2 + i) for i in range(24)]
    found = boards.days_of_polls(clock, mixpanel, widgets, timedelta(hours=11), every=timedelta(minutes=15))
    assert found.queries > 11 * 4
    assert found.busiest <= 6
    fair = timedelta(hours=24 / (6 * 0.95))
    oldest = Snapshot.objects.order_by("fetched_at").values_list("fetched_at", flat=True)[0]
    assert timezone.now() - oldest < 1.3 * fair


def test_the_pages_say_how_many_queries_the_widgets_need(
    project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, admin_client: Any
) -> None:
    widgets = [make_widget(last=days) for days in (2, 3, 4)]
    alone = make_widget(**APART)
    page = admin_client.get(f"/admin/widgets/project/{project.pk}/change/").content.decode()
    assert "2 queries refresh the 4 active widgets" in page
    assert "adds 0 queries, because an existing query has room for 39 more metrics" in page
    page = admin_client.get(f"/admin/widgets/widget/{widgets[0].pk}/change/").content.decode()
    assert "This widget shares a query to Mixpanel with 2 other widgets." in page
    page = admin_client.get(f"/admin/widgets/widget/{alone.pk}/change/").content.decode()
    assert "This widget has its own query to Mixpanel." in page
    assert mixpanel.calls == []
    assert header(cyfe_polls(alone), "Cache-Status")


def test_the_calls_per_hour_do_not_depend_on_which_query_is_the_most_overdue() -> None:
    """Otherwise, the interval factor, and so the due times of all snapshots, would change at every refresh."""
    now = timezone.now()

    def item(pk: int) -> Item:
        metrics = [{"event": f"{pk} {n}", "math": "total"} for n in range((7, 17, 25)[pk % 3])]
        query = {"report": "insights", "range": {"kind": "last", "unit": "day", "last": 7}, "metrics": metrics}
        return Item(pk, query, now, now, timedelta(minutes=15), 900, False, True, True, Sharing.MAY, None)

    items = [item(pk) for pk in range(12)]
    orders = [items, items[::-1], sorted(items, key=lambda each: each.pk % 3)]
    assert len({calls_per_hour(order, now.date()) for order in orders}) == 1

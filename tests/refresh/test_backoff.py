"""Backoff after Mixpanel's real errors: which queries wait, how long, and whether the failed call counts as a query."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fake_mixpanel.fake import FakeMixpanel
from tests.refresh.test_failures import retry_after
from tests.refresh.test_freshness import clock, cyfe_polls
from widgets.models import ApiCall, Project, Widget
from widgets.refresh import gateway
from widgets.refresh.gateway import Failure
from widgets.refresh.quota import Reservation, claim
from widgets.refresh.usage import usage_of

pytestmark = pytest.mark.django_db
__all__ = ["clock"]

MakeWidget = Callable[..., Widget]
ERRORS = Path(__file__).parents[1] / "data" / "errors"


def recorded(mixpanel: FakeMixpanel, name: str, times: int | None = None) -> None:
    """Makes the fake Mixpanel return a recorded error: the file `name` in tests/data/errors."""
    error = json.loads((ERRORS / f"{name}.json").read_text())
    mixpanel.fail(error["status"], error["body"], headers=error.get("headers"), times=times)


def seconds(clock: Any, number: float) -> None:
    clock.shift(timedelta(seconds=number))


@pytest.fixture
def pick(client: Client, admin_user: Any, project: Project) -> Callable[[str], Any]:
    client.force_login(admin_user)
    address = reverse("admin:widgets_widget_lists")
    return lambda name: client.post(address, {"project": project.pk, "list": name, "again": "1"}).json()


def test_it_waits_a_minute_after_the_hourly_limit_whatever_retry_after_says(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    recorded(mixpanel, "hourly_limit")
    widgets = [make_widget(last=days) for days in (1, 2, 3)]
    assert retry_after(cyfe_polls(widgets[0])) in (59, 60)
    seconds(clock, 50)
    cyfe_polls(widgets[1])
    assert len(mixpanel.calls) == 1
    waits = []
    for _ in range(8):
        seconds(clock, 3700)
        calls = len(mixpanel.calls)
        answers = [cyfe_polls(widget) for widget in widgets]
        assert len(mixpanel.calls) == calls + 1, "only one query tests the backoff"
        waits.append(retry_after(answers[-1]))
    for wait, expected in zip(waits, (120, 240, 480, 960, 1920, 3600, 3600, 3600), strict=True):
        assert expected - 2 <= wait <= expected
    mixpanel.clear_faults()
    seconds(clock, 3601)
    assert [cyfe_polls(widget).status for widget in widgets] == [200] * 3


def test_it_waits_a_few_seconds_after_too_many_queries_at_once(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    recorded(mixpanel, "too_many_at_once", times=1)
    widget = make_widget()
    assert retry_after(cyfe_polls(widget)) <= 10
    seconds(clock, 11)
    assert cyfe_polls(widget).status == 200
    project.refresh_from_db()
    assert (project.backoff_kind, project.backoff_message, project.backoff_count) == ("", "", 0)


def test_it_reads_both_limits_from_the_new_headers_and_the_old_messages(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    Project.objects.update(hourly_limit=400, concurrent_limit=50)
    for last, name in ((1, "hourly_limit"), (2, "too_many_at_once"), (3, "both_limits")):
        Project.objects.update(learned_hourly=None, learned_concurrent=None)
        recorded(mixpanel, name, times=1)
        cyfe_polls(make_widget(last=last))
        project.refresh_from_db()
        assert (project.effective_hourly, project.effective_concurrent) == (60, 5), name
        seconds(clock, 3601)


def test_an_overload_error_changes_no_limit(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(429, {"error": "Too many requests"}, times=1)
    assert retry_after(cyfe_polls(make_widget())) <= 60
    project.refresh_from_db()
    assert project.learned == (None, None)


@pytest.mark.parametrize(
    ("policy", "limit"),
    [
        ('"project";q=0;w=3600', '"project";r=0'),
        ('"project";q=999999999999;w=3600', '"project";r=0;t=1'),
        ('"project";q=5;w=60', '"project";r=0'),
        ("project;q=five", '"project;r=0'),
        (";" * 100_000, '"' * 100_000),
    ],
)
def test_it_ignores_absurd_limits_in_headers(
    project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, policy: str, limit: str
) -> None:
    headers = {"RateLimit-Policy": policy[:60_000], "RateLimit": limit[:60_000]}
    mixpanel.fail(429, {"error": "no"}, headers=headers, times=1)
    assert cyfe_polls(make_widget()).status == 503
    project.refresh_from_db()
    assert project.effective_hourly == 60


def test_a_learned_limit_counts_for_a_week(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(429, {"error": "limit (13/12 queries running in the last hour)"}, times=1)
    cyfe_polls(make_widget())
    clock.shift(timedelta(days=6, hours=23))
    project.refresh_from_db()
    assert project.effective_hourly == 12
    clock.shift(timedelta(hours=2))
    assert project.effective_hourly == 60


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("history", "The first possible date is 21 August 2026"),
        ("deleted_group", "Mixpanel refused the query: Report refers to a deleted group identifier."),
        ("funnel_too_big", "Mixpanel refused the query: Funnel too big."),
    ],
)
def test_an_error_of_one_query_delays_only_that_query(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, name: str, says: str
) -> None:
    recorded(mixpanel, name, times=1)
    refused = cyfe_polls(make_widget())
    assert says in refused.body.decode()
    assert retry_after(refused) > 80_000
    assert cyfe_polls(make_widget(last=9)).status == 200
    project.refresh_from_db()
    assert not project.in_backoff


def test_a_missing_data_group_delays_only_that_query(make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(400, {"error": "Missing Datagroup", "data": {"group": "company"}}, times=1)
    assert "Missing Datagroup" in cyfe_polls(make_widget()).body.decode()
    assert cyfe_polls(make_widget(last=9)).status == 200


def test_a_query_that_took_mixpanel_too_long_is_a_temporary_error(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    recorded(mixpanel, "timeout", times=1)
    widget = make_widget()
    assert retry_after(cyfe_polls(widget)) <= 36
    seconds(clock, 40)
    assert cyfe_polls(widget).status == 200


@pytest.mark.parametrize("status", [401, 402, 429])
def test_a_call_that_mixpanel_does_not_count_uses_up_no_limit(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, status: int
) -> None:
    Project.objects.update(hourly_limit=1)
    mixpanel.fail(status, times=1)
    widget = make_widget()
    assert cyfe_polls(widget).status == 503
    project.refresh_from_db()
    assert usage_of(project).used == 0
    seconds(clock, 3601 if status == 429 else 0)
    Project.objects.update(backoff_until=None)
    assert cyfe_polls(widget).status == 200


def test_a_call_that_never_connected_uses_up_no_limit(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, settings: Any
) -> None:
    Project.objects.update(hourly_limit=1)
    settings.MIXPANEL_API_ROOT = "http://127.0.0.1:9/api"
    widget = make_widget()
    cyfe_polls(widget)
    settings.MIXPANEL_API_ROOT = mixpanel.url
    seconds(clock, 40)
    assert cyfe_polls(widget).status == 200
    assert cyfe_polls(make_widget(last=9)).status == 503, "a call that reached Mixpanel counts"


def test_a_refused_query_and_a_403_count(project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(400, {"error": "invalid event"}, times=1)
    cyfe_polls(make_widget())
    mixpanel.fail(403, times=1)
    cyfe_polls(make_widget(last=9))
    assert ApiCall.objects.filter(counts=True).count() == 2


def test_the_list_of_saved_reports_does_not_count_towards_the_hourly_limit(
    project: Project, pick: Any, mixpanel: FakeMixpanel
) -> None:
    Project.objects.update(hourly_limit=1, engine="classic")
    assert pick("events")["values"]
    assert pick("saved_reports")["values"]
    assert "used up" in pick("funnels")["problem"]
    mixpanel.fail(429, {"error": "slow down"}, times=1, endpoint="app/bookmarks")
    pick("saved_reports")
    project.refresh_from_db()
    assert not project.in_backoff, "this endpoint has its own limit"


def test_after_a_call_that_mixpanel_does_not_count_another_query_is_possible(
    project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    Project.objects.update(hourly_limit=1)
    leaving = claim(make_widget(last=3).snapshot_id, expected_fetched_at=None, purpose="poll")
    assert isinstance(leaving, Reservation)
    waiting = make_widget(last=4)
    assert cyfe_polls(waiting).status == 503
    assert Project.objects.get().full_until
    gateway.record(leaving, Failure("unavailable", "Not reached", counts=False), "a query", None)
    assert Project.objects.get().full_until is None
    assert cyfe_polls(waiting).status == 200


def test_a_server_can_not_ask_for_more_than_one_hour_of_backoff(
    clock: Any, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(503, headers={"Retry-After": "86400"}, times=1)
    widget = make_widget()
    assert retry_after(cyfe_polls(widget)) in (3599, 3600)
    seconds(clock, 3601)
    assert cyfe_polls(widget).status == 200

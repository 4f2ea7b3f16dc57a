"""Each kind of error from Mixpanel: which queries wait after it, how long, and how the wait ends."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.apart import APART
from tests.refresh.test_freshness import clock, cyfe_polls, header
from widgets.models import ApiCall, Project, Snapshot, Widget

pytestmark = pytest.mark.django_db
__all__ = ["clock"]


def retry_after(reply: Any) -> int:
    return int(header(reply, "Retry-After"))


@pytest.mark.parametrize(("status", "text"), [(500, "unknown error"), (503, ""), (502, "<html>bad gateway</html>")])
def test_it_waits_longer_after_each_temporary_failure(
    clock: Any, make_widget: Callable[..., Widget], mixpanel: Any, status: int, text: str
) -> None:
    widget = make_widget()
    mixpanel.fail(status, text)
    waits = []
    for _ in range(9):
        waits.append(retry_after(cyfe_polls(widget)))
        clock.shift(timedelta(seconds=waits[-1] + 1))
    assert len(mixpanel.calls) == 9
    assert 24 <= waits[0] <= 36
    assert all(0.8 * 1800 <= wait <= 1.2 * 1800 for wait in waits[-2:])
    assert all(1.2 * a < b for a, b in zip(waits[:5], waits[1:6], strict=True))
    mixpanel.clear_faults()
    assert cyfe_polls(widget).status == 200
    assert Snapshot.objects.get().failures == 0


def test_a_429_delays_the_whole_project_and_sets_the_learned_limits(
    clock: Any, project: Project, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    body = (
        '{"request": "/api/2.0/events?x", "error": "Query rate limit exceeded for project_id: 1. '
        '1/3 queries running concurrently and 41/40 queries running in the last hour."}'
    )
    mixpanel.fail(429, body, headers={"Retry-After": "3600"})
    first, second = make_widget(), make_widget(last=9)
    # A limit of 40 queries per hour allows one query per 90 seconds.
    assert retry_after(cyfe_polls(first)) in (89, 90)
    assert cyfe_polls(second).status == 503
    assert len(mixpanel.calls) == 1
    project.refresh_from_db()
    assert (project.effective_hourly, project.effective_concurrent) == (40, 3)
    mixpanel.clear_faults()
    clock.shift(timedelta(seconds=91))
    assert cyfe_polls(second).status == 200
    assert cyfe_polls(first).status == 200
    project.refresh_from_db()
    assert (project.backoff_count, project.effective_hourly) == (0, 40)


def test_it_does_not_take_a_higher_limit_by_itself(
    clock: Any, project: Project, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    mixpanel.fail(
        429, '{"error": "1/9 queries running concurrently and 401/400 queries running in the last hour"}', times=1
    )
    cyfe_polls(make_widget())
    project.refresh_from_db()
    assert (project.learned_hourly, project.effective_hourly, project.effective_concurrent) == (400, 60, 5)


@pytest.mark.parametrize(
    ("status", "body", "kind", "says"),
    [
        (401, "", "credentials", "credentials"),
        (403, "", "credentials", "credentials"),
        (400, '{"error": "Unable to authenticate request"}', "credentials", "credentials"),
        (402, '{"error": "Your plan does not allow API calls"}', "plan", "plan"),
    ],
)
def test_it_tries_refused_credentials_once_an_hour_for_the_whole_project(
    clock: Any,
    project: Project,
    make_widget: Callable[..., Widget],
    mixpanel: Any,
    status: int,
    body: str,
    kind: str,
    says: str,
) -> None:
    widgets = [make_widget(last=i + 1) for i in range(4)]
    mixpanel.fail(status, body)
    answers = [cyfe_polls(widget) for widget in widgets]
    assert {answer.status for answer in answers} == {503}
    assert all(says in answer.body.decode().lower() for answer in answers)
    assert len(mixpanel.calls) == 1
    clock.shift(timedelta(minutes=59))
    cyfe_polls(widgets[0])
    assert len(mixpanel.calls) == 1
    clock.shift(timedelta(minutes=2))
    for widget in widgets:
        cyfe_polls(widget)
    assert len(mixpanel.calls) == 2
    mixpanel.clear_faults()
    project.refresh_from_db()
    assert project.backoff_kind == kind
    # As after a correction of the credentials.
    project.save()
    assert [cyfe_polls(widget).status for widget in widgets] == [200] * 4


def test_a_refused_query_is_sent_again_once_a_day_or_after_an_edit(
    clock: Any, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    widget, other = make_widget(), make_widget(last=9, **APART)
    mixpanel.fail(400, '{"error": "invalid event"}', times=1)
    refused = cyfe_polls(widget)
    assert "invalid event" in refused.body.decode()
    assert cyfe_polls(other).status == 200
    clock.shift(timedelta(hours=23))
    assert cyfe_polls(widget).status == 503
    assert len(mixpanel.calls) == 2
    widget.save()
    assert cyfe_polls(widget).status == 200
    mixpanel.fail(400, '{"error": "invalid event"}', times=1)
    third = make_widget(last=11, **APART)
    cyfe_polls(third)
    clock.shift(timedelta(hours=24, minutes=1))
    assert cyfe_polls(third).status == 200


def test_it_says_what_to_do_about_a_wrong_time_zone(
    clock: Any, make_widget: Callable[..., Widget], mixpanel: Any
) -> None:
    mixpanel.fail(400, '{"error": "to_date cannot be later than today"}')
    said = cyfe_polls(make_widget()).body.decode()
    assert "time zone" in said
    assert Snapshot.objects.get().error_kind == "timezone"


def test_a_query_that_timed_out_counts_as_running_for_two_minutes(
    project: Project, make_widget: Callable[..., Widget], mixpanel: Any, settings: Any
) -> None:
    settings.MIXPANEL_TIMEOUT = 0.3
    settings.POLL_WAIT = 0
    project.concurrent_limit = 1
    project.save()
    mixpanel.latency = 0.6
    assert cyfe_polls(make_widget()).status == 503
    assert ApiCall.objects.get().gave_up
    mixpanel.latency = 0
    other = make_widget(last=9)
    assert cyfe_polls(other).status == 503
    assert len(mixpanel.calls) == 1
    ApiCall.objects.update(started_at=ApiCall.objects.get().started_at - timedelta(minutes=2))
    assert cyfe_polls(other).status == 200

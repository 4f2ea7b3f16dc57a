"""A successful call with the project's credentials ends a backoff at once. Otherwise, one query tests Mixpanel."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.apart import APART
from tests.refresh.test_backoff import MakeWidget, clock, pick, seconds
from tests.refresh.test_freshness import cyfe_polls, header
from widgets.editor.connection import check_saved
from widgets.editor.preview import Ask, preview
from widgets.models import Project, Snapshot, Widget
from widgets.refresh import gateway
from widgets.refresh.gateway import Failure
from widgets.refresh.quota import Refusal, Reservation, claim, reserve
from widgets.web.health import for_lists, health_of

pytestmark = pytest.mark.django_db
__all__ = ["clock", "pick"]


def health_word(widget: Widget) -> str:
    now = timezone.now()
    return health_of(for_lists(Widget.objects.filter(pk=widget.pk), now).get(), now).state


@pytest.mark.parametrize(
    ("status", "repaired_by"),
    [(401, "picker"), (429, "preview"), (401, "connection test"), (429, "poll of another widget")],
)
def test_a_corrected_project_is_fresh_at_once(
    clock: Any,
    project: Project,
    make_widget: MakeWidget,
    mixpanel: FakeMixpanel,
    pick: Any,
    admin_user: Any,
    status: int,
    repaired_by: str,
) -> None:
    widget, other = make_widget(), make_widget(last=9)
    assert cyfe_polls(widget).status == cyfe_polls(other).status == 200
    long_ago = Snapshot.objects.first().fetched_at - timedelta(minutes=600)
    Snapshot.objects.update(fetched_at=long_ago, due_at=long_ago)
    mixpanel.fail(status)
    cyfe_polls(widget)
    assert Project.objects.get().in_backoff
    mixpanel.clear_faults()
    seconds(clock, 3601)
    match repaired_by:
        case "picker":
            assert pick("events")["values"]
        case "preview":
            preview(make_widget(last=11), Ask.NOW, user_id=admin_user.pk)
        case "connection test":
            assert check_saved(Project.objects.get(), admin_user).ok
        case _:
            cyfe_polls(other)
    project.refresh_from_db()
    assert (project.backoff_until, project.backoff_kind, project.backoff_count) == (None, "", 0)
    assert project.backoff_message == ""
    assert Snapshot.objects.exclude(error="").count() == 0
    assert health_word(widget) in ("stale", "fresh")
    assert "detail" not in header(cyfe_polls(widget), "Cache-Status")


def test_a_connection_test_ends_the_backoff_without_a_wait(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel, admin_user: Any
) -> None:
    widget = make_widget()
    mixpanel.fail(401, times=1)
    assert cyfe_polls(widget).status == 503
    Project.objects.update(full_until=Project.objects.get().backoff_until)
    assert check_saved(Project.objects.get(), admin_user).ok
    assert Project.objects.get().full_until is None
    assert health_word(widget) == "waiting"
    assert cyfe_polls(widget).status == 200


def test_temporary_errors_do_not_end_a_backoff(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    mixpanel.fail(401, times=1)
    cyfe_polls(make_widget())
    mixpanel.fail(503, times=1)
    seconds(clock, 3601)
    cyfe_polls(make_widget(last=9))
    project.refresh_from_db()
    assert (project.backoff_kind, project.backoff_count) == ("credentials", 1)


def backoff_that_is_over(project: Project, kind: str = "limit") -> None:
    before = timezone.now() - timedelta(minutes=1)
    Project.objects.update(backoff_kind=kind, backoff_message="Refused.", backoff_count=1, backoff_until=before)


def test_a_single_query_tests_whether_a_backoff_is_over(
    project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    backoff_that_is_over(project)
    first, *others = (
        claim(make_widget(last=days).snapshot_id, expected_fetched_at=None, purpose=purpose)
        for days, purpose in ((3, "poll"), (4, "poll"), (5, "worker"), (6, "person"))
    )
    assert isinstance(first, Reservation)
    assert first.trial
    assert others == [Refusal.BACKOFF] * 3
    assert reserve(project, summary="a list", user_id=None) is Refusal.BACKOFF
    gateway.record(first, "an answer", "a query", None)
    after = claim(make_widget(last=7).snapshot_id, expected_fetched_at=None, purpose="poll")
    assert isinstance(after, Reservation)
    assert not after.trial


def test_if_the_query_that_tests_a_backoff_fails_the_next_query_tests_again(
    clock: Any, project: Project, make_widget: MakeWidget, mixpanel: FakeMixpanel
) -> None:
    backoff_that_is_over(project)
    mixpanel.fail(503, times=1)
    widgets = [make_widget(last=days, **APART) for days in (3, 4, 5)]
    assert [cyfe_polls(widget).status for widget in widgets] == [503, 200, 200]
    project.refresh_from_db()
    assert (project.backoff_kind, project.backoff_count, len(mixpanel.calls)) == ("", 0, 3)


@pytest.mark.parametrize("found", [Failure("credentials", "Refused"), "an answer"])
def test_results_of_unsaved_credentials_do_not_change_the_backoff(project: Project, found: object) -> None:
    if not isinstance(found, Failure):
        backoff_that_is_over(project, "credentials")
    place = reserve(project, summary="connection test", user_id=None, speaks_for_project=False)
    assert isinstance(place, Reservation)
    before = Project.objects.get()
    gateway.record(place, found, "a test", None)
    project.refresh_from_db()
    assert (project.backoff_kind, project.backoff_count, project.backoff_until) == (
        before.backoff_kind,
        before.backoff_count,
        before.backoff_until,
    )


def test_a_query_that_was_sent_before_a_backoff_does_not_end_it(
    make_widget: Callable[..., Widget], project: Project, mixpanel: FakeMixpanel
) -> None:
    first, second = (
        claim(make_widget(last=days).snapshot_id, expected_fetched_at=None, purpose="poll") for days in (3, 4)
    )
    assert isinstance(first, Reservation)
    assert isinstance(second, Reservation)
    gateway.record(first, Failure("limit", "Mixpanel's limit is reached", counts=False), "a query", None)
    gateway.record(second, "an answer", "a query", None)
    project.refresh_from_db()
    assert (project.backoff_kind, project.in_backoff) == ("limit", True)

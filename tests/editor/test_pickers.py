"""The lists of names in the widget's form: who can load them, how many queries they cost, and errors of Mixpanel."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.conftest import new_project
from tests.web import people
from widgets.models import ApiCall, OptionCache, Project

Pick = Callable[..., Any]


@pytest.fixture
def editor(project: Project) -> AbstractUser:
    return people.editor(project).person


@pytest.fixture
def pick(client: Client, editor: AbstractUser, project: Project) -> Pick:
    client.force_login(editor)

    def pick(list_name: str, *of: str, **more: Any) -> Any:
        data = {"project": project.pk, "list": list_name, "of": of} | more
        return client.post(reverse("admin:widgets_widget_lists"), data, headers={"accept": "application/json"})

    return pick


def names(response: Any) -> list[str]:
    return [entry["value"] for entry in response.json()["values"]]


def test_it_lists_events_their_properties_and_values(pick: Pick, mixpanel: FakeMixpanel) -> None:
    assert "Signed up" in names(pick("events"))
    assert "amount" in names(pick("properties", "Order completed"))
    assert "Team" in names(pick("values", "Signed up", "plan"))
    assert [call.endpoint for call in mixpanel.calls] == [
        "events/names",
        "events/properties/top",
        "events/properties/values",
    ]


def test_it_lists_funnels_and_saved_reports_by_name(pick: Pick) -> None:
    assert {"value": "7509", "label": "Signup funnel"} in pick("funnels").json()["values"]
    reports = pick("saved_reports").json()["values"]
    assert {"value": "41003", "label": "Orders by plan", "detail": "Insights"} in reports
    assert "41009" not in [entry["value"] for entry in reports], "Mixpanel's API can't query flows"


def test_it_fetches_a_list_once_and_again_on_request_or_after_hours(pick: Pick, mixpanel: FakeMixpanel) -> None:
    pick("events")
    assert names(pick("events"))
    assert len(mixpanel.calls) == 1
    OptionCache.objects.update(fetched_at=timezone.now() - timedelta(hours=7))
    pick("events")
    assert len(mixpanel.calls) == 2
    response = pick("events", again="1")
    assert response.json()["note"] == "Mixpanel's list, fetched just now"
    assert len(mixpanel.calls) == 3


def test_its_queries_count_towards_the_hourly_limit(
    pick: Pick, project: Project, editor: AbstractUser, mixpanel: FakeMixpanel
) -> None:
    pick("values", "Signed up", "plan")
    call = ApiCall.objects.get()
    assert (call.project, call.user, call.outcome) == (project, editor, "ok")
    assert call.summary == "values of plan of Signed up"

    project.hourly_limit = 1
    project.save()
    response = pick("events")
    assert "used up (1 of 1). The next query is possible in" in response.json()["problem"]
    assert len(mixpanel.calls) == 1


def test_it_says_why_when_mixpanel_is_down_and_waits_before_it_tries_again(pick: Pick, mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(503)
    first, second = pick("events"), pick("events")
    assert first.status_code == second.status_code == 200
    assert first.json()["values"] == []
    assert "Mixpanel answered 503" in first.json()["problem"]
    assert second.json()["problem"] == first.json()["problem"]
    assert len(mixpanel.calls) == 1, "the second list sends no query"
    mixpanel.clear_faults()
    assert names(pick("events", again="1"))


def test_an_error_never_removes_an_older_list(pick: Pick, mixpanel: FakeMixpanel) -> None:
    pick("events")
    OptionCache.objects.update(fetched_at=timezone.now() - timedelta(hours=9))
    mixpanel.broken("garbage")
    response = pick("events").json()
    assert "Signed up" in [entry["value"] for entry in response["values"]]
    assert response["note"] == "Mixpanel's list, fetched 9 hours ago"
    assert response["problem"]


def test_wrong_credentials_start_a_backoff_of_the_project(pick: Pick, project: Project, mixpanel: FakeMixpanel) -> None:
    project.set_secret("another secret")
    project.save()
    problem = pick("events").json()["problem"]
    assert "refused the credentials" in problem
    assert "another secret" not in problem
    pick("funnels")
    project.refresh_from_db()
    assert project.in_backoff
    assert len(mixpanel.calls) == 1


def test_two_people_who_open_the_same_list_cause_one_query(
    pick: Pick, project: Project, mixpanel: FakeMixpanel
) -> None:
    cached = OptionCache.objects.of(project, "events")
    OptionCache.objects.filter(pk=cached.pk).update(loading_until=timezone.now() + timedelta(seconds=30))
    assert pick("events").json()["loading"] is True
    assert not mixpanel.calls
    OptionCache.objects.filter(pk=cached.pk).update(loading_until=timezone.now() - timedelta(seconds=1))
    assert names(pick("events")), "a killed process blocks the list only for a time"


def test_a_project_with_a_new_mixpanel_id_offers_no_old_names(
    pick: Pick, project: Project, mixpanel: FakeMixpanel
) -> None:
    pick("events")
    Project.objects.update(project_id=99)
    assert pick("events").json()["values"] == []


def test_names_that_no_database_can_store_are_changed(pick: Pick, mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(200, ["a\x00b", "a\ud800b", "  ", "<b>x</b>", "<b>x</b>"], times=1)
    assert names(pick("events")) == ["a�b", "<b>x</b>"]


@pytest.mark.parametrize("list_name", ["events", "values", "nonsense", ""])
def test_other_teams_and_invalid_requests_get_404(pick: Pick, project: Project, list_name: str) -> None:
    theirs = new_project(name="Theirs", project_id=4711)
    seen = [pick(list_name, project=pk) for pk in (theirs.pk, 999_999, "x", "")]
    assert {response.status_code for response in seen} == {404}
    assert len({response.content for response in seen}) == 1
    assert pick("properties").status_code == 404, "a list of properties needs an event"

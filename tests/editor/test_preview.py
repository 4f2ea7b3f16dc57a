"""The preview of a widget that is not saved: its content, how few queries it costs, and who gets it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fake_mixpanel.fake import DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.admin.filling_in import answers_of
from tests.conftest import new_project
from tests.web.people import editor, viewer
from widgets.models import ApiCall, Project, Snapshot, Widget

Preview = Callable[..., dict[str, Any]]
BY_SOURCE = {"report": "segmentation", "events": "Signed up", "breakdown": "utm_source", "last": "7"}


@pytest.fixture
def post(client: Client, admin_user: AbstractUser, project: Project) -> Callable[..., Any]:
    """A function that posts the form to the preview. `ask`: send a query never (""), if data is "missing", or "now"."""
    client.force_login(admin_user)

    def post(widget: Widget | None = None, accept: str = "application/json", **fields: Any) -> Any:
        address = reverse("admin:widgets_widget_preview") + (f"?widget={widget.pk}" if widget else "")
        return client.post(address, answers_of(project, **fields), headers={"accept": accept})

    return post


@pytest.fixture
def preview(post: Callable[..., Any]) -> Preview:
    return lambda *args, **fields: post(*args, **fields).json()["preview"]


def test_it_shows_chart_csv_query_age_and_the_queries_left(preview: Preview, mixpanel: FakeMixpanel) -> None:
    shown = preview(ask="missing", events="Signed up", last="3")
    assert (shown["figure"]["chart"], shown["figure"]["columns"]) == ("line", ["Date", "Signed up"])
    assert shown["figure"]["option"]["series"][0]["type"] == "line"
    assert shown["csv"].startswith("Date,Signed up\n")
    assert len(shown["csv"].splitlines()) == 5, "a header, three days, and the axis"
    assert shown["endpoint"] == "POST /query/insights"
    assert [name for name, _ in shown["params"]] == ["show", "time"]
    assert shown["age"] == "Mixpanel answered just now."
    assert shown["left"] == "59 of 60 queries left this hour"
    assert shown["spent"] is True


def test_its_csv_is_what_cyfe_gets_from_the_same_data(
    preview: Preview, poll: Any, make_widget: Any, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(report="segmentation", events=["Signed up"], breakdown="utm_source", last=7)
    polled = poll(widget).content.decode()
    assert preview(ask="missing", **BY_SOURCE)["csv"] == polled
    assert len(mixpanel.calls) == 1


def test_it_sends_no_query_by_itself(preview: Preview, mixpanel: FakeMixpanel) -> None:
    shown = preview(**BY_SOURCE)
    assert shown["state"] == "unasked"
    assert shown["note"] == "MixCyfe has not asked Mixpanel for these numbers yet."
    assert not mixpanel.calls
    assert not Snapshot.objects.exists(), "a preview without a query stores nothing"


def test_changes_of_chart_and_labels_cost_no_query(preview: Preview, mixpanel: FakeMixpanel) -> None:
    """People can try chart types and label options freely, because the stored report is enough for them."""
    preview(ask="missing", **BY_SOURCE)
    assert len(mixpanel.calls) == 1
    for change in (
        {"chart": "pie"},
        {"chart": "stackedcolumn", "colors": "#ff0000\n#00ff00"},
        {"chart": "gauge", "target": "900"},
        {"chart": "number"},
        {"chart": "list", "top": "3"},
        {"clean_labels": ""},
        {"exclude": "google\ntwitter"},
        {"rename": "google = Google"},
        {"sort": "label"},
        {"title": "Another title"},
        {"reverse": "on", "show_labels": "on", "axis_max": "100"},
        {"types": "column"},
    ):
        shown = preview(ask="missing", **BY_SOURCE, **change)
        assert shown["state"] == "answered", change
        assert shown["figure"], (change, shown["problem"])
        assert shown["spent"] is False
    assert len(mixpanel.calls) == 1


def test_a_changed_query_is_sent_once_and_going_back_sends_none(preview: Preview, mixpanel: FakeMixpanel) -> None:
    for last in ("7", "8", "7", "8"):
        preview(ask="missing", **BY_SOURCE | {"last": last})
    assert len(mixpanel.calls) == 2


def test_old_data_is_shown_with_its_age_until_somebody_refreshes_it(preview: Preview, mixpanel: FakeMixpanel) -> None:
    preview(ask="missing", **BY_SOURCE)
    long_ago = timezone.now() - timedelta(days=2, hours=1)
    Snapshot.objects.update(fetched_at=long_ago, due_at=long_ago)
    assert preview(ask="missing", **BY_SOURCE)["age"] == "Mixpanel answered 2 days ago."
    assert preview(ask="now", **BY_SOURCE)["age"] == "Mixpanel answered just now."
    assert len(mixpanel.calls) == 2


def test_it_lists_the_labels_that_cleaning_removed(preview: Preview) -> None:
    shown = preview(ask="missing", exclude="google", top="3", **BY_SOURCE)
    why = {label: why for label, why, _ in shown["dropped"]}
    assert why["undefined"] == why["(empty)"] == why["(not set)"] == "empty"
    assert why["google"] == "left out"
    assert why["<b>Bold</b>"] == "not among the largest labels"
    counts = [count for _, _, count in shown["dropped"]]
    assert all(count.replace(",", "").isdigit() for count in counts)
    assert shown["dropped_count"] == len(shown["dropped"])
    assert "google" in shown["labels"], "people can see and include an excluded label"


def test_it_says_what_a_map_leaves_out(preview: Preview) -> None:
    shown = preview(ask="missing", report="segmentation", events="Signed up", breakdown="plan", chart="map")
    assert "country" in shown["problem"], "no value of the property plan is a country"
    shown = preview(
        ask="missing", report="segmentation", events="Signed up", breakdown="mp_country_code", chart="map",
        rename="US = Elsewhere",
    )  # fmt: skip
    assert ["Elsewhere", "no country code"] in [row[:2] for row in shown["dropped"]]


def test_an_incomplete_form_gets_an_error_without_a_query(post: Any, mixpanel: FakeMixpanel) -> None:
    answer = post(ask="now", report="sum", events="Order completed").json()
    assert answer["preview"] is None
    assert answer["missing"] == [["property_name", "Property", "Enter the numeric property, for example amount."]]
    answer = post(ask="now", project="", report="events", events="").json()
    assert "project" in answer["errors"]
    assert not mixpanel.calls


def test_it_draws_the_chart_if_the_title_is_missing_or_taken(post: Any, make_widget: Any) -> None:
    make_widget(title="Taken")
    answer = post(ask="missing", title="Taken", **BY_SOURCE).json()
    assert "already" in answer["errors"]["title"][0]
    assert answer["preview"]["state"] == "answered"
    answer = post(title="", **BY_SOURCE).json()
    assert (answer["title"], answer["preview"]["state"]) == ("Signed up by UTM source", "answered")


def test_it_says_that_mixpanel_is_down_and_sends_no_second_query(preview: Preview, mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(503)
    shown = preview(ask="missing", **BY_SOURCE)
    assert (shown["state"], shown["figure"]) == ("failed", None)
    assert "Mixpanel answered 503" in shown["problem"]
    preview(ask="missing", **BY_SOURCE)
    assert len(mixpanel.calls) == 1
    mixpanel.clear_faults()
    assert preview(ask="now", **BY_SOURCE)["state"] == "answered"


def test_old_data_stays_visible_if_a_new_query_fails(preview: Preview, mixpanel: FakeMixpanel) -> None:
    preview(ask="missing", **BY_SOURCE)
    mixpanel.broken("garbage")
    shown = preview(ask="now", **BY_SOURCE)
    assert shown["figure"]
    assert shown["problem"]


def test_wrong_credentials_are_reported_in_plain_words(
    preview: Preview, project: Project, mixpanel: FakeMixpanel
) -> None:
    project.set_secret("wrong")
    project.save()
    shown = preview(ask="missing", **BY_SOURCE)
    assert "Mixpanel refused the credentials" in shown["problem"]
    again = preview(ask="now", **BY_SOURCE)
    assert "MixCyfe queries Mixpanel again in " in again["problem"]
    assert len(mixpanel.calls) == 1, "during the backoff, no query is sent"


def test_the_last_queries_of_the_hour_are_sent_only_on_request(
    preview: Preview, project: Project, mixpanel: FakeMixpanel
) -> None:
    project.hourly_limit = 8
    project.save()
    for last in range(1, 8):
        preview(ask="now", events="Signed up", last=str(last))
    shown = preview(ask="missing", events="Signed up", last="20")
    assert (shown["state"], shown["scarce"]) == ("unasked", True)
    assert "only when you press" in shown["note"]
    assert shown["left"] == "1 of 8 queries left this hour"
    assert preview(ask="now", events="Signed up", last="20")["left"] == "0 of 8 queries left this hour"
    used_up = preview(ask="now", events="Signed up", last="21")
    assert "used up (8 of 8). The next query is possible in " in used_up["problem"]
    assert len(mixpanel.calls) == 8


def test_it_sends_no_query_while_another_process_sends_the_same(preview: Preview, mixpanel: FakeMixpanel) -> None:
    mixpanel.fail(500, times=1)
    preview(ask="missing", **BY_SOURCE)
    Snapshot.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    assert preview(ask="now", **BY_SOURCE)["state"] == "asking"
    assert len(mixpanel.calls) == 1


def test_the_ledger_names_the_person_who_sent_the_query(preview: Preview, admin_user: AbstractUser) -> None:
    preview(ask="missing", **BY_SOURCE)
    call = ApiCall.objects.get()
    assert (call.user, call.purpose) == (admin_user, "person")


def test_it_contains_no_credentials(post: Any, mixpanel: FakeMixpanel) -> None:
    for response in (post(ask="missing", **BY_SOURCE), post(ask="now", accept="text/html", **BY_SOURCE)):
        assert DEMO_SECRET not in response.content.decode()
        assert DEMO_USERNAME not in response.content.decode()


def test_data_that_does_not_fit_the_chart_says_what_to_choose(preview: Preview) -> None:
    shown = preview(ask="missing", report="saved_report", saved_report="41005", chart="line")
    assert "Choose one of these charts: pie," in shown["problem"]
    assert preview(ask="missing", report="saved_report", saved_report="41005", chart="pie")["figure"]


def test_it_changes_nothing_of_a_saved_widget(preview: Preview, make_widget: Any) -> None:
    widget = make_widget(title="Mine", events=["Signed up"])
    before = Widget.objects.values().get()
    assert preview(widget, ask="missing", title="Mine", events="Logged in")["csv"].startswith("Date,Logged in")
    assert Widget.objects.values().get() == before


def test_without_javascript_it_is_a_page(post: Any) -> None:
    page = post(ask="missing", accept="text/html,*/*;q=0.8", **BY_SOURCE).content.decode()
    assert '<script type="application/json">{' in page
    assert "Date,google,news;letter" in page
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert "<b>Bold" not in page
    page = post(accept="text/html", report="sum", events="Order completed").content.decode()
    assert "Enter the numeric property" in page


def test_people_who_can_correct_the_project_get_a_link_to_it(
    preview: Preview, client: Client, project: Project
) -> None:
    Project.objects.update(secret="")
    assert preview(**BY_SOURCE)["repair"] == reverse("admin:widgets_project_change", args=(project.pk,))
    client.force_login(editor(project).person)
    assert preview(**BY_SOURCE)["repair"] == ""


def test_it_lists_the_colors_of_the_chart_so_that_people_can_change_them(preview: Preview) -> None:
    by_plan = {"report": "segmentation", "events": "Signed up", "breakdown": "plan"}
    shown = preview(ask="missing", colors="Team = #123456", **by_plan)
    assert shown["colors"] == [["Free", "#0072b2"], ["Team", "#123456"], ["Business", "#e69f00"]]
    assert len(preview(chart="list", **by_plan)["colors"]) == 1
    assert preview(chart="table", **by_plan)["colors"] == []


def test_it_names_labels_to_show_that_the_data_lacks(preview: Preview) -> None:
    by_plan = {"report": "segmentation", "events": "Signed up", "breakdown": "plan", "last": "7"}
    assert preview(ask="missing", **by_plan, only="Team\nGold")["data_note"] == (
        "Field “Show only”: Mixpanel's answer has no label “Gold”."
    )
    assert preview(**by_plan, only="Team")["data_note"] == ""


def test_projects_and_widgets_of_other_teams_seem_not_to_exist(
    post: Any, client: Client, project: Project, make_widget: Any, mixpanel: FakeMixpanel
) -> None:
    theirs = new_project(name="Theirs", project_id=4711)
    hidden = make_widget(project=theirs, title="Hidden")
    missing = Widget(pk=999_999)
    client.force_login(editor(project).person)
    answers = [post(project=str(pk), ask="now", **BY_SOURCE) for pk in (theirs.pk, 999_999, "1e9", "-1")]
    answers += [post(widget, **BY_SOURCE) for widget in (hidden, missing)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert post(**BY_SOURCE).status_code == 200
    assert not mixpanel.calls


def test_a_viewer_of_the_project_previews_nothing(
    post: Any, client: Client, project: Project, make_widget: Any, mixpanel: FakeMixpanel
) -> None:
    """A viewer gets no preview of this project, even as an editor of another project."""
    own, widget = new_project(name="Own", project_id=4711), make_widget()
    mine = make_widget(project=own)
    person = viewer(project).person
    client.force_login(person)
    for of in (None, widget):
        assert post(of, ask="now", **BY_SOURCE).status_code == 404
    own.members.add(person)
    for of in (None, widget, mine):
        assert post(of, ask="now", **BY_SOURCE).status_code == 404
    assert post(widget, project=str(own.pk), **BY_SOURCE).status_code == 404
    assert not mixpanel.calls
    assert post(mine, project=str(own.pk), **BY_SOURCE).status_code == 200

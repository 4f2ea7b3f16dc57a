"""The board at `/`: who sees what on it, what its cards do, and that looking costs nothing."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fake_mixpanel.fake import FakeMixpanel
from tests.conftest import APART, new_project
from tests.web.people import boss, editor, logged_in, viewer
from widgets.models import ApiCall, Project, Snapshot, Widget

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


@pytest.fixture
def other_team(project: Project) -> Widget:
    """Another team's widget, with a title that gives it away."""
    theirs = new_project(name="Globex", project_id=99)
    widget = Widget(project=theirs, title="Their secret plan", report="events", events=["Signed up"])
    widget.save()
    return widget


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/{query}")
    assert response.status_code == 200
    return response.content.decode()


def titles(html: str) -> list[str]:
    return re.findall(r'data-card="([^"]*)"', html)


EDITORS = ["Board", "Widgets", "Projects"]


def navigation(html: str) -> list[str]:
    found = re.search(r'<nav aria-label="Main">(.*?)</nav>', html, re.DOTALL)
    return re.findall(r">([^<]+)</a>", found[1]) if found else []


def test_strangers_are_sent_to_the_login_page(client: Client, db: None) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/")


def test_it_shows_the_active_widgets_of_my_projects(make_widget: MakeWidget, project: Project, other_team: Any) -> None:
    make_widget(title="Signups")
    make_widget(title="Old thing", active=False)
    html = page(viewer(project))
    assert titles(html) == ["Signups"]
    assert "Acme" in html
    assert "Globex" not in html
    assert "Their secret plan" not in html


def test_superusers_see_all_by_project(make_widget: MakeWidget, other_team: Any) -> None:
    make_widget(title="Signups")
    assert titles(page(boss())) == ["Signups", "Their secret plan"]


def test_each_card_has_a_chart_and_says_how_it_is(make_widget: MakeWidget, poll: Poll) -> None:
    widget = make_widget(title="Signups")
    poll(widget)
    html = page(boss())
    assert f'data-chart="/charts/{widget.pk}.json?v=' in html
    assert re.search(r'class="health health-fresh".*?Fresh', html, re.DOTALL)
    assert f'href="/admin/widgets/widget/{widget.pk}/change/"' in html


def test_it_names_what_keeps_a_project_back(make_widget: MakeWidget, project: Project) -> None:
    make_widget()
    Project.objects.update(backoff_kind="credentials", backoff_message="Mixpanel refused <b>you</b>.", backoff_count=1)
    assert '<p class="notice">Mixpanel refused &lt;b&gt;you&lt;/b&gt;.</p>' in page(boss())


def test_a_search_finds_titles_and_projects(make_widget: MakeWidget, other_team: Any) -> None:
    make_widget(title="Signups by plan")
    make_widget(title="Logins")
    client = boss()
    assert titles(page(client, "?q=SIGN+plan")) == ["Signups by plan"]
    assert titles(page(client, "?q=acme+log")) == ["Logins"]
    assert titles(page(client, "?q=globex")) == ["Their secret plan"]


def test_a_search_without_a_hit_says_so_and_leads_back(make_widget: MakeWidget) -> None:
    make_widget()
    html = page(boss(), "?q=%22%3Cscript%3E%00")
    assert "Nothing matches" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert 'href="/">Show all' in html


def test_it_can_show_one_state_only(make_widget: MakeWidget, poll: Poll) -> None:
    poll(make_widget(title="Good"))
    broken = make_widget(title="Bad", last=9)
    Snapshot.objects.filter(pk=broken.snapshot_id).update(error="Mixpanel answered 503.", error_kind="unavailable")
    client = boss()
    assert titles(page(client)) == ["Bad", "Good"]
    html = page(client, "?health=failing")
    assert titles(html) == ["Bad"]
    assert re.search(r'href="\?health=failing" aria-current="true">Failing <b>1</b>', html)
    assert titles(page(client, "?health=nonsense")) == ["Bad", "Good"]


def test_hundreds_of_widgets_come_in_pages(make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.web.board.CARDS_ON_A_PAGE", 4)
    for number in range(10):
        make_widget(title=f"Widget {number}")
    client = boss()
    assert len(titles(page(client))) == 4
    html = page(client, "?page=3")
    assert titles(html) == ["Widget 8", "Widget 9"]
    assert "Page 3 of 3" in html
    assert titles(page(client, "?page=nonsense")) == titles(page(client))


def test_the_wall_screen_has_all_cards_and_no_secret(make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.web.board.CARDS_ON_A_PAGE", 2)
    widgets = [make_widget(title=f"Widget {number}") for number in range(5)]
    html = page(boss(), "?wall")
    assert '<body class="wall">' in html
    assert len(titles(html)) == 5
    assert not any(widget.slug in html for widget in widgets)
    assert titles(page(boss("other"), "?wall&q=3")) == ["Widget 3"]


@pytest.mark.parametrize("who", [boss, editor, viewer])
def test_it_costs_the_same_statements_however_many_there_are(
    make_widget: MakeWidget, project: Project, who: Any
) -> None:
    client = who() if who is boss else who(project)
    page(client)
    counted = []
    for many in (20, 100):
        while Widget.objects.count() < many:
            make_widget(last=Widget.objects.count() + 1)
        with CaptureQueriesContext(connection) as statements:
            assert len(titles(page(client))) == many
        counted.append(len(statements))
    assert counted[0] == counted[1] <= (5 if who is boss else 7)


def test_looking_asks_mixpanel_nothing_and_keeps_no_widget_alive(
    make_widget: MakeWidget, mixpanel: FakeMixpanel, poll: Poll
) -> None:
    widget, unseen = make_widget(), make_widget(last=9)
    poll(widget)
    long_ago = timezone.now() - timedelta(days=2)
    Widget.objects.filter(pk=widget.pk).update(last_polled_at=long_ago)
    Snapshot.objects.update(fetched_at=long_ago, due_at=long_ago)
    asked = len(mixpanel.calls)
    client = boss()
    page(client)
    for each in (widget, unseen):
        client.get(f"/charts/{each.pk}.json")
    assert len(mixpanel.calls) == asked == ApiCall.objects.count()
    assert list(Widget.objects.order_by("pk").values_list("last_polled_at", flat=True)) == [long_ago, None]


def test_only_reading_is_answered(make_widget: MakeWidget) -> None:
    client = boss()
    assert client.post("/").status_code == 405
    assert client.post(f"/charts/{make_widget().pk}.json").status_code == 405


def test_the_navigation_is_the_same_on_every_page(make_widget: MakeWidget, project: Project) -> None:
    widget = make_widget()
    pages = ("/", "/shared/", "/admin/", f"/admin/widgets/widget/{widget.pk}/change/", "/admin/password_change/")
    for client, names in ((boss(), [*EDITORS, "People", "Admin"]), (editor(project), [*EDITORS, "Admin"])):
        for path in pages:
            assert navigation(client.get(path).content.decode()) == names, path
    html = boss("other").get(f"/admin/widgets/widget/{widget.pk}/change/").content.decode()
    assert '<a href="/admin/widgets/widget/" aria-current="true">Widgets</a>' in html
    assert navigation(Client().get("/admin/login/").content.decode()) == []


@pytest.mark.parametrize("action", ["refresh", "duplicate", "move"])
def test_who_may_not_change_a_widget_gets_no_buttons(
    make_widget: MakeWidget, project: Project, other_team: Widget, action: str
) -> None:
    widget = make_widget()
    make_widget()
    html = page(viewer(project))
    assert "formaction" not in html
    assert widget.url() in html
    assert f'formaction="/widgets/{widget.pk}/{action}"' in page(editor(project))
    assert viewer(project, name="another").post(f"/widgets/{widget.pk}/{action}").status_code == 403
    assert editor(project, name="colleague").post(f"/widgets/{other_team.pk}/{action}").status_code == 404


def test_refresh_now_asks_once_and_says_how_it_went(
    make_widget: MakeWidget, project: Project, mixpanel: FakeMixpanel
) -> None:
    widget = make_widget(title="Signups")
    client = editor(project)
    response = client.post(f"/widgets/{widget.pk}/refresh?q=sign", follow=True)
    assert response.redirect_chain == [("/?q=sign", 302)]
    assert "Refreshed: “Signups”." in response.content.decode()
    assert [call.purpose for call in ApiCall.objects.all()] == ["person"]
    assert len(mixpanel.calls) == 1


def test_try_again_stands_on_failing_cards_only(make_widget: MakeWidget, project: Project, poll: Poll) -> None:
    poll(make_widget(title="Good"))
    broken = make_widget(title="Bad", last=9)
    client = editor(project)
    Snapshot.objects.filter(pk=broken.snapshot_id).update(error="Mixpanel answered 503.", error_kind="unavailable")
    assert page(client).count("Try again") == 1
    client.post(f"/widgets/{broken.pk}/refresh")
    assert "Try again" not in page(client)
    assert "Try again" not in page(viewer(project))


def test_a_message_waits_for_a_page_that_somebody_opens(make_widget: MakeWidget, project: Project) -> None:
    client = editor(project)
    client.post(f"/widgets/{make_widget().pk}/refresh")
    assert "Refreshed" not in client.get("/", headers={"X-Live-Update": "1"}).content.decode()
    assert "Refreshed" in page(client)


def test_a_copy_has_its_own_address(make_widget: MakeWidget, project: Project) -> None:
    widget = make_widget(title="Signups")
    client = editor(project)
    html = client.post(f"/widgets/{widget.pk}/duplicate", follow=True).content.decode()
    copy = Widget.objects.get(title="Signups (copy)")
    assert copy.slug != widget.slug
    assert copy.owner == client.person
    assert titles(html) == ["Signups", "Signups (copy)"]


def test_the_order_that_somebody_sets_holds_for_everybody(
    make_widget: MakeWidget, project: Project, other_team: Widget
) -> None:
    a, b, c, paused = (make_widget(title=title) for title in "ABCP")
    Widget.objects.filter(pk=paused.pk).update(active=False)
    client = editor(project)
    version = Widget.objects.get(pk=a.pk).version

    def moved(widget: Widget, place: str) -> str:
        client.post(f"/widgets/{widget.pk}/move", {"place": place})
        return "".join(titles(page(viewer(project, name=f"viewer {widget.pk} {place}"))))

    assert moved(c, "first") == "CAB"
    assert moved(c, f"after {a.pk}") == "ACB"
    assert moved(b, f"before {a.pk}") == "BAC"
    assert moved(b, "last") == "ACB"
    make_widget(title="AA")
    assert moved(a, "last") == "CBAAA"
    for nonsense in ("", "before", "before x", f"before {other_team.pk}", f"after {c.pk} 5", "before 9" + "9" * 20):
        assert moved(c, nonsense) == "CBAAA"
    assert Widget.objects.get(pk=a.pk).version == version


def test_it_filters_by_tag_and_project(make_widget: MakeWidget, other_team: Widget, poll: Poll) -> None:
    make_widget(title="Signups", tags=["weekly", "ventes é"])
    poll(make_widget(title="Logins", tags=["ventes é"], last=9, **APART))
    make_widget(title="Plain")
    client = boss()
    html = page(client)
    assert re.findall(r'href="\?tag=[^"]*">([^<]*) <b>(\d)</b>', html) == [("ventes é", "2"), ("weekly", "1")]
    assert titles(page(client, "?tag=ventes+%C3%A9")) == ["Logins", "Signups"]
    html = page(client, "?tag=ventes+%C3%A9&health=fresh")
    assert titles(html) == ["Logins"]
    assert "All <b>2</b>" in html
    assert titles(page(client, "?tag=nonsense")) == []
    assert titles(page(client, f"?project={other_team.project_id}")) == ["Their secret plan"]
    assert len(titles(page(client, "?project=x"))) == 4
    assert titles(page(client, "?project=987654321")) == []


def test_tags_are_few_and_short(make_widget: MakeWidget) -> None:
    for wrong in (["a"] * 2, list("abcdef"), [" a"], [""], ["a" * 41], "a", [1]):
        with pytest.raises(ValidationError):
            make_widget(tags=wrong)


def test_somebody_without_the_admin_sees_the_board_without_its_links(
    make_widget: MakeWidget, project: Project, django_user_model: Any
) -> None:
    user = django_user_model.objects.create_user("guest")
    project.members.add(user)
    widget = make_widget(title="Signups")
    html = page(logged_in(user))
    assert titles(html) == ["Signups"]
    assert re.findall(r'(?:href|action)="(/admin/[^"]*)', html) == ["/admin/logout/"]
    assert widget.slug not in html
    assert logged_in(user).post(f"/widgets/{widget.pk}/refresh").status_code == 403


class TestFirstSteps:
    """What the empty board says, and to whom."""

    def test_who_may_add_projects_is_led_through(self, db: None) -> None:
        html = page(boss())
        assert "From Mixpanel to Cyfe in a few steps" in html
        assert re.findall(r"<h3>([^<]*)", html) == [
            "Add your Mixpanel project",
            "Test the connection",
            "Make a widget",
            "Paste its address into Cyfe",
        ]
        assert '<a class="step-button" href="/admin/widgets/project/add/">Add a project</a>' in html
        assert html.count("step-button") == 1

    def test_the_next_step_is_to_test(self, project: Project) -> None:
        html = page(boss())
        assert f'<a class="step-button" href="/admin/widgets/project/{project.pk}/change/#connection">' in html
        assert html.count("step-done") == 1

    def test_then_to_make_a_widget(self, project: Project) -> None:
        ApiCall.objects.create(project=project, purpose="person", what="x", started_at=timezone.now(), outcome="ok")
        assert '<a class="step-button" href="/admin/widgets/widget/add/">Make a widget</a>' in page(boss())

    def test_without_a_project_others_are_told_whom_to_ask(self, project: Project) -> None:
        for client in (editor(), viewer()):
            html = page(client)
            assert "Ask your administrator to add you to a project" in html
            assert "step-button" not in html
            assert "Acme" not in html

    def test_editors_make_widgets_and_viewers_wait_for_them(self, project: Project) -> None:
        assert 'href="/admin/widgets/widget/add/"' in page(editor(project))
        html = page(viewer(project))
        assert "Your colleagues make widgets" in html
        assert "/add/" not in html

    def test_the_admin_shows_them_until_cyfe_has_polled(self, make_widget: MakeWidget, poll: Poll) -> None:
        client = boss()
        html = client.get("/admin/").content.decode()
        widget = make_widget()
        assert "First steps" in html
        poll(widget)
        html = client.get("/admin/").content.decode()
        assert "First steps" not in html
        assert "To the board" in html

    def test_where_all_widgets_are_paused_it_says_that(self, make_widget: MakeWidget, poll: Poll) -> None:
        poll(make_widget())
        Widget.objects.update(active=False)
        assert "No widget is active" in page(boss())

"""The board at `/`: who sees which widgets, what the cards show, and that the board sends no query to Mixpanel."""

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
from tests.apart import APART
from tests.web.board_page import page, titles
from tests.web.people import boss, editor, logged_in, viewer
from widgets.models import ApiCall, Project, Snapshot, Widget

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


LINKS = ["Board", "Widgets", "Projects"]


def navigation(html: str) -> list[str]:
    found = re.search(r'<nav aria-label="Main">(.*?)</nav>', html, re.DOTALL)
    return re.findall(r">([^<]+)</a>", found[1]) if found else []


def test_strangers_are_sent_to_the_login_page(client: Client, db: None) -> None:
    response = client.get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/login/?next=/")


def test_it_shows_the_active_widgets_of_the_persons_projects(
    make_widget: MakeWidget, project: Project, other_team: Any
) -> None:
    make_widget(title="Signups")
    make_widget(title="Old thing", active=False)
    html = page(viewer(project))
    assert titles(html) == ["Signups"]
    assert "Acme" in html
    assert "Globex" not in html
    assert "Their secret plan" not in html


def test_superusers_see_all_widgets_in_the_order_of_projects(make_widget: MakeWidget, other_team: Any) -> None:
    make_widget(title="Widget of Acme")
    assert titles(page(boss())) == ["Widget of Acme", "Their secret plan"]


def test_each_card_has_a_chart_and_the_widgets_health(make_widget: MakeWidget, poll: Poll) -> None:
    widget = make_widget(title="Signups")
    poll(widget)
    html = page(boss())
    assert f'data-chart="/charts/{widget.pk}.json?v=' in html
    assert re.search(r'class="health health-fresh".*?Fresh', html, re.DOTALL)
    assert f'href="/admin/widgets/widget/{widget.pk}/change/"' in html


def test_it_shows_why_a_project_is_in_backoff(make_widget: MakeWidget, project: Project) -> None:
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


def test_it_can_show_one_state_of_health_only(make_widget: MakeWidget, poll: Poll) -> None:
    poll(make_widget(title="Good"))
    broken = make_widget(title="Bad", last=9)
    Snapshot.objects.filter(pk=broken.snapshot_id).update(error="Mixpanel answered 503.", error_kind="unavailable")
    client = boss()
    assert titles(page(client)) == ["Bad", "Good"]
    html = page(client, "?health=failing")
    assert titles(html) == ["Bad"]
    assert re.search(r'href="\?health=failing" aria-current="true">Failing <b>1</b>', html)
    assert titles(page(client, "?health=nonsense")) == ["Bad", "Good"]


def test_many_widgets_come_in_pages(make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("widgets.web.board.CARDS_ON_A_PAGE", 4)
    for number in range(10):
        make_widget(title=f"Widget {number}")
    client = boss()
    assert len(titles(page(client))) == 4
    html = page(client, "?page=3")
    assert titles(html) == ["Widget 8", "Widget 9"]
    assert "Page 3 of 3" in html
    assert titles(page(client, "?page=nonsense")) == titles(page(client))


def test_the_wall_screen_has_all_cards_and_no_addresses(
    make_widget: MakeWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("widgets.web.board.CARDS_ON_A_PAGE", 2)
    widgets = [make_widget(title=f"Widget {number}") for number in range(5)]
    html = page(boss(), "?wall")
    assert '<body class="wall">' in html
    assert len(titles(html)) == 5
    assert not any(widget.slug in html for widget in widgets)
    assert titles(page(boss("other"), "?wall&q=3")) == ["Widget 3"]


def test_more_widgets_need_no_more_sql_statements(make_widget: MakeWidget, project: Project) -> None:
    most = {boss(): 5, editor(project): 7, viewer(project): 7}
    for client in most:
        page(client)
    counted: dict[Client, list[int]] = {client: [] for client in most}
    for many in (20, 100):
        while Widget.objects.count() < many:
            make_widget(last=Widget.objects.count() + 1)
        for client in most:
            with CaptureQueriesContext(connection) as statements:
                assert len(titles(page(client))) == many
            counted[client].append(len(statements))
    for client, (few, many) in counted.items():
        assert few == many <= most[client], client.person


def test_the_board_sends_no_query_and_does_not_count_as_a_poll(
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


def test_a_post_request_is_refused(make_widget: MakeWidget) -> None:
    client = boss()
    assert client.post("/").status_code == 405
    assert client.post(f"/charts/{make_widget().pk}.json").status_code == 405


def test_the_navigation_is_the_same_on_every_page(make_widget: MakeWidget, project: Project) -> None:
    widget = make_widget()
    pages = ("/", "/shared/", "/admin/", f"/admin/widgets/widget/{widget.pk}/change/", "/admin/password_change/")
    for client, names in ((boss(), [*LINKS, "People", "Admin"]), (editor(project), [*LINKS, "Admin"])):
        for path in pages:
            assert navigation(client.get(path).content.decode()) == names, path
    html = boss("other").get(f"/admin/widgets/widget/{widget.pk}/change/").content.decode()
    assert '<a href="/admin/widgets/widget/" aria-current="true">Widgets</a>' in html
    assert navigation(Client().get("/admin/login/").content.decode()) == []


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


def test_tags_must_be_few_short_and_different(make_widget: MakeWidget) -> None:
    for wrong in (["a"] * 2, list("abcdef"), [" a"], [""], ["a" * 41], "a", [1]):
        with pytest.raises(ValidationError):
            make_widget(tags=wrong)


def test_somebody_without_a_project_sees_an_empty_board_and_no_admin(
    make_widget: MakeWidget, django_user_model: Any
) -> None:
    client = logged_in(django_user_model.objects.create_user("guest", is_staff=True))
    widget = make_widget(title="Signups")
    html = page(client)
    assert titles(html) == []
    assert re.findall(r'(?:href|action)="(/admin/[^"]*)', html) == ["/admin/logout/"]
    assert client.post(f"/widgets/{widget.pk}/refresh").status_code == 404
    assert client.get("/admin/")["Location"].startswith("/admin/login/")

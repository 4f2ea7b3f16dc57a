"""Shared boards: `/b/<token>` for everybody who has the link, and `/shared/` for the people who share a board."""

import re
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fake_mixpanel.fake import FakeMixpanel
from tests.apart import APART
from tests.conftest import new_project
from tests.poll.test_poll import age
from tests.web.people import boss, editor, lead, set_role, viewer
from widgets.models import ApiCall, Project, Role, SharedBoard, Widget

MakeWidget = Callable[..., Widget]
Poll = Callable[..., Any]


def share(client: Client, query: str = "") -> SharedBoard:
    assert client.post(f"/shared/new{query}").status_code == 302
    return SharedBoard.objects.latest("pk")


def look(board: SharedBoard, path: str = "", **headers: str) -> Any:
    """Requests a shared board without a login."""
    return Client().get(f"/b/{board.token}{path}", headers=headers)


def titles(response: Any) -> list[str]:
    assert response.status_code == 200
    return re.findall(r'data-card="([^"]*)"', response.content.decode())


def same_as_a_wrong_poll(response: Any) -> bool:
    wrong = Client().get("/w/0123456789012345678901.csv")
    return (response.status_code, response.content, dict(response.headers)) == (
        404,
        wrong.content,
        dict(wrong.headers),
    )


def test_everybody_with_the_link_sees_the_filtered_widgets(make_widget: MakeWidget, project: Project) -> None:
    shown = make_widget(title="Signups", tags=["weekly"])
    make_widget(title="Signups, paused", tags=["weekly"], active=False)
    make_widget(title="Logins", tags=["weekly"])
    make_widget(title="Signups without a tag")
    client = editor(project)
    board = share(client, "?q=sign&tag=weekly")
    response = look(board)
    assert titles(response) == ["Signups"]
    assert shown.slug not in response.content.decode()
    assert titles(look(share(client))) == ["Logins", "Signups", "Signups without a tag"]
    assert len(board.token) >= 22


def test_its_charts_need_no_login_either(make_widget: MakeWidget, project: Project, poll: Poll) -> None:
    widget, hidden = make_widget(title="Signups"), make_widget(title="Logins", last=9)
    poll(widget)
    board = share(editor(project), "?q=signups")
    address = re.search(r'data-chart="([^"]*)"', look(board).content.decode())[1]
    assert address.startswith(f"/b/{board.token}/{widget.pk}.json?v=")
    response = Client().get(address)
    assert response.json()["title"] == "Signups"
    assert response["Cache-Control"].startswith("private")
    for path in (f"/{hidden.pk}.json", f"/{widget.pk}.csv", f"/{widget.pk}", "/", "/x.json", "/9" + "9" * 30 + ".json"):
        assert same_as_a_wrong_poll(look(board, path)), path


def test_it_shows_strangers_no_message_of_mixpanel(
    make_widget: MakeWidget, project: Project, poll: Poll, mixpanel: FakeMixpanel
) -> None:
    old, empty = make_widget(title="Old", include_today=True), make_widget(title="Empty", last=9, **APART)
    poll(old)
    age(old, minutes=20)
    mixpanel.fail(400, {"error": f"Unable to authenticate request for project {project.project_id}"})
    poll(old)
    poll(empty)
    client = editor(project)
    assert "Unable to authenticate" in client.get("/?wall").content.decode()
    html = look(share(client)).content.decode()
    assert html.count("Failing") == 2
    assert "These numbers are from" in html
    for word in ("authenticate", "credentials", "user name", str(project.project_id)):
        assert word not in html
    for widget in (old, empty):
        assert "authenticate" not in look(SharedBoard.objects.get(), f"/{widget.pk}.json").content.decode()


def test_it_reads_no_cookie_sets_none_and_knows_no_parameter(
    make_widget: MakeWidget, project: Project, mixpanel: FakeMixpanel
) -> None:
    make_widget()
    client = boss()
    board = share(client)
    plain = look(board)
    for response in (client.get(f"/b/{board.token}"), look(board, "?q=nothing&page=2&wall&health=fresh")):
        assert response.content == plain.content
    assert not plain.cookies
    assert "Vary" not in plain
    assert plain["Cache-Control"] == "private, no-store"
    assert (plain["Referrer-Policy"], plain["X-Robots-Tag"]) == ("no-referrer", "noindex")
    assert "frame-ancestors 'none'" in plain["Content-Security-Policy"]
    assert "csrfmiddlewaretoken" not in plain.content.decode()
    with CaptureQueriesContext(connection) as statements:
        client.get(f"/b/{board.token}")
    assert not any("django_session" in each["sql"] for each in statements)
    assert Client().post(f"/b/{board.token}").status_code == 405
    assert ApiCall.objects.count() == len(mixpanel.calls) == 0


def test_wrong_ended_and_replaced_links_get_the_same_404(make_widget: MakeWidget, project: Project) -> None:
    make_widget()
    client = editor(project)
    board = share(client)
    old = board.token
    assert same_as_a_wrong_poll(Client().get("/b/0123456789012345678901"))
    assert same_as_a_wrong_poll(Client().get("/b/%00"))
    assert same_as_a_wrong_poll(Client().get("/b/"))
    client.post(f"/shared/{board.pk}/replace")
    board.refresh_from_db()
    assert same_as_a_wrong_poll(Client().get(f"/b/{old}"))
    assert titles(look(board)) == ["Widget 1"]
    client.post(f"/shared/{board.pk}/end")
    assert same_as_a_wrong_poll(look(board))
    assert client.post(f"/shared/{board.pk}/end").status_code == 404


def test_it_shows_only_widgets_of_projects_that_its_maker_can_edit_now(
    make_widget: MakeWidget, project: Project
) -> None:
    make_widget(title="Ours")
    other = new_project(name="Globex", project_id=99)
    Widget(project=other, title="Theirs", report="events", events=["Signed up"]).save()
    client = editor(project, other)
    board, only_ours = share(client), share(client, f"?project={project.pk}")
    assert titles(look(board)) == ["Ours", "Theirs"]
    other.members.remove(client.person)
    assert titles(look(board)) == ["Ours"]
    project.members.remove(client.person)
    assert same_as_a_wrong_poll(look(board))
    assert same_as_a_wrong_poll(look(only_ours))
    project.members.add(client.person)
    client.person.is_active = False
    client.person.save()
    assert same_as_a_wrong_poll(look(board))


def test_only_people_who_can_make_widgets_can_share_boards(make_widget: MakeWidget, project: Project) -> None:
    make_widget()
    other = new_project(name="Globex", project_id=99)
    client = editor(project)
    assert 'href="/shared/?q=x"' in client.get("/?q=x").content.decode()
    assert viewer(project).post("/shared/new").status_code == 403
    assert viewer(project, name="v2").get("/shared/").status_code == 403
    assert Client().post("/shared/new").status_code == 302
    assert client.post(f"/shared/new?project={other.pk}").status_code == 403
    assert Client(enforce_csrf_checks=True).post("/shared/new").status_code == 403
    assert not SharedBoard.objects.exists()
    assert titles(look(share(client))) == ["Widget 1"]


def test_a_shared_boards_maker_and_superusers_can_replace_and_end_it(make_widget: MakeWidget, project: Project) -> None:
    make_widget()
    maker, colleague, root = editor(project), editor(project, name="colleague"), boss()
    board = share(maker)
    page = maker.get("/shared/").content.decode()
    assert board.url() in page
    assert "Projects: Acme." in page
    assert board.url() not in colleague.get("/shared/").content.decode()
    for action in ("replace", "end"):
        assert colleague.post(f"/shared/{board.pk}/{action}").status_code == 404
        assert Client().post(f"/shared/{board.pk}/{action}").status_code == 302
        assert maker.get(f"/shared/{board.pk}/{action}").status_code == 405
    assert board.url() in root.get("/shared/").content.decode()
    for person in (maker, root):
        old = SharedBoard.objects.get().token
        person.post(f"/shared/{board.pk}/replace")
        assert SharedBoard.objects.get().token != old
    root.post(f"/shared/{board.pk}/end")
    assert look(SharedBoard.objects.get()).status_code == 404


def test_a_lead_can_end_a_shared_board_without_seeing_its_address(
    make_widget: MakeWidget, project: Project, django_user_model: Any
) -> None:
    """The board's maker sees more projects than the lead."""
    make_widget()
    secret = new_project(name="Globex", project_id=99)
    Widget(project=secret, title="Theirs", report="events", events=["Signed up"]).save()
    board = share(editor(project, secret))
    leader = lead(project)
    page = leader.get("/shared/").content.decode()
    assert f'action="/shared/{board.pk}/end"' in page
    assert board.token not in page
    assert "Globex" not in page
    assert leader.post(f"/shared/{board.pk}/replace").status_code == 403
    leader.post(f"/shared/{board.pk}/end")
    assert look(board).status_code == 404


def test_a_lead_reads_nothing_about_widgets_of_other_teams(make_widget: MakeWidget, project: Project) -> None:
    make_widget(title="Signups")
    other = new_project(name="Globex", project_id=99)
    Widget(project=other, title="Theirs", report="events", events=["Signed up"]).save()
    root = boss()
    everything, theirs = share(root), share(root, "?q=globex")
    leader = lead(project)
    page = leader.get("/shared/").content.decode()
    assert f"/shared/{everything.pk}/end" in page
    assert "2 widgets" not in page
    assert f"/shared/{theirs.pk}/end" not in page
    assert "globex" not in page.lower()
    page = root.get("/shared/").content.decode()
    assert "2 widgets" in page
    assert f"/shared/{theirs.pk}/end" in page


def test_a_shared_board_stops_when_its_maker_can_not_edit_any_more(make_widget: MakeWidget, project: Project) -> None:
    make_widget()
    for log_in in (editor, boss):
        maker = log_in()
        project.members.add(maker.person)
        board = share(maker)
        assert "The link does not work" not in maker.get("/shared/").content.decode()
        set_role(maker, Role.VIEWER)
        maker.person.is_superuser = False
        maker.person.save()
        assert same_as_a_wrong_poll(look(board))
        page = maker.get("/shared/").content.decode()
        assert f"The link does not work:</strong> {maker.person.username} is no longer allowed to edit" in page
        assert board.token not in page
        set_role(maker, Role.EDITOR)
        assert titles(look(board)) == ["Widget 1"]


def test_a_maker_who_can_not_share_any_more_can_still_end_the_board(make_widget: MakeWidget, project: Project) -> None:
    make_widget()
    maker = editor(project)
    board = share(maker)
    set_role(maker, Role.VIEWER)
    page = maker.get("/shared/").content.decode()
    assert f'action="/shared/{board.pk}/end"' in page
    assert 'action="/shared/new' not in page
    assert maker.post("/shared/new").status_code == 403
    after = maker.post(f"/shared/{board.pk}/end", follow=True)
    assert "no longer shared" in after.content.decode()
    assert look(board).status_code == 404
    assert maker.get("/shared/").status_code == 403


def test_more_widgets_need_no_more_sql_statements(make_widget: MakeWidget, project: Project) -> None:
    board = share(editor(project))
    counted = []
    for number in (20, 60):
        while Widget.objects.count() < number:
            make_widget(last=Widget.objects.count() + 1)
        with CaptureQueriesContext(connection) as statements:
            assert len(titles(look(board))) == number
        counted.append(len(statements))
    assert counted[0] == counted[1] <= 5

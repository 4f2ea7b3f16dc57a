"""Roles count per project: an editor of one project who is a viewer of another changes nothing in the other."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import serializers
from django.test import Client

from tests.admin.filling_in import answers_of
from tests.security.conftest import MARK, Team
from widgets.models import DeletedWidget, Membership, Project, Role, SharedBoard, Widget
from widgets.models.access import has_role, has_role_somewhere

LIST = "/admin/widgets/widget/"
BIN = "/admin/widgets/deletedwidget/"
ACTIONS = ("refresh_now", "pause", "replace_address", "duplicate", "move", "delete_selected")


@pytest.fixture
def mixed(acme: Team, hooli: Team, make_user: Any, log_in: Any) -> Client:
    """The client of an editor of Acme and viewer of Hooli, who also has all of Django's permissions."""
    user = make_user("both", Role.EDITOR, (acme.project,))
    hooli.project.members.add(user, through_defaults={"role": Role.VIEWER})
    user.user_permissions.set(Permission.objects.all())
    client: Client = log_in(user)
    return client


def everything_of(team: Team) -> str:
    """A team's project with its widgets, deleted widgets, members and shared boards, as text."""
    rows: list[Any] = [Project.objects.get(pk=team.project.pk)]
    for model in (Widget, DeletedWidget, Membership, SharedBoard):
        rows += model.objects.filter(project=team.project).order_by("pk")
    return serializers.serialize("json", rows)


def act(client: Client, action: str, *widgets: Widget, **data: Any) -> str:
    ticked = {"action": action, "_selected_action": [each.pk for each in widgets], "confirmed": "yes", "post": "yes"}
    return client.post(LIST, ticked | data, follow=True).content.decode()


def test_a_viewer_reads_the_pages(mixed: Client, hooli: Team) -> None:
    widget = hooli.widget.pk
    for path in ("/", LIST, f"{LIST}{widget}/change/", f"{LIST}{widget}/history/", "/admin/widgets/auditentry/"):
        response = mixed.get(path)
        assert response.status_code == 200
        assert "Hooli" in response.content.decode() or "history" in path
    page = mixed.get(f"{LIST}{widget}/change/").content.decode()
    assert 'name="_save"' not in page
    assert "<select" not in page


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_leaves_out_widgets_that_the_person_can_only_view(
    mixed: Client, acme: Team, hooli: Team, action: str, mixpanel: Any
) -> None:
    before = everything_of(hooli), everything_of(acme)
    for across in ("0", "1"):
        said = act(mixed, action, hooli.widget, select_across=across, project=acme.project.pk, q="hooli")
        assert "Not changed: “Hooli signups”. You can only view these widgets." in said or across == "1"
        assert everything_of(hooli) == before[0]
    assert mixpanel.calls == [] or action == "refresh_now"
    Widget.objects.filter(pk=acme.widget.pk).update(active=True)
    said = act(mixed, action, hooli.widget, acme.widget, project=hooli.project.pk)
    assert "Not changed: “Hooli signups”." in said
    assert everything_of(hooli) == before[0]
    assert everything_of(acme) != before[1] or action in ("refresh_now", "move")


def test_no_widget_moves_from_or_to_the_other_project(mixed: Client, acme: Team, hooli: Team) -> None:
    before = everything_of(hooli), everything_of(acme)
    assert "you are not an editor of any other project" in act(mixed, "move", acme.widget, project=hooli.project.pk)
    answers = answers_of(hooli.project, title="Taken", events="Signed up")
    for save in ({}, {"_saveasnew": "1"}, {"stored_state": "2026-01-01T00:00:00+00:00 0", "_save": "1"}):
        for address in (f"{LIST}{acme.widget.pk}/change/", f"{LIST}add/"):
            page = mixed.post(address, answers | save).content.decode()
            assert "not one of the available choices" in page
        assert mixed.post(f"{LIST}{hooli.widget.pk}/change/", answers | save).status_code in (200, 403)
        moved = answers | save | {"project": str(acme.project.pk)}
        if "_saveasnew" not in save:
            assert mixed.post(f"{LIST}{hooli.widget.pk}/change/", moved).status_code == 403
    assert (everything_of(hooli), everything_of(acme)) == before
    page = mixed.get(f"{LIST}add/").content.decode()
    assert "Acme" in page
    assert MARK not in page, "the form offers only projects of this editor"


def test_no_form_sends_a_query_for_the_other_project(mixed: Client, hooli: Team, mixpanel: Any) -> None:
    data = answers_of(hooli.project, list="events", ask="now", events="Signed up")
    for path in ("preview/", f"preview/?widget={hooli.widget.pk}", "lists/"):
        assert mixed.post(f"{LIST}{path}", data).status_code == 404
    link = f"https://mixpanel.com/project/{hooli.project.project_id}/view/1/app/insights#report/5"
    assert "you can't edit this project in MixCyfe" in mixed.post(f"{LIST}link/", {"link": link}).json()["problem"]
    assert mixpanel.calls == []


def test_no_widget_of_the_other_project_is_deleted_or_brought_back(mixed: Client, hooli: Team) -> None:
    before = everything_of(hooli)
    assert mixed.post(f"{LIST}{hooli.widget.pk}/delete/", {"post": "yes"}).status_code == 403
    assert everything_of(hooli) == before
    DeletedWidget.objects.take(Widget.objects.filter(pk=hooli.widget.pk), hooli.editor)
    before = everything_of(hooli)
    assert MARK not in mixed.get(BIN).content.decode()
    for action in ("bring_back", "delete_selected"):
        mixed.post(BIN, {"action": action, "_selected_action": [hooli.widget.pk], "post": "yes"})
    mixed.post(f"{BIN}{hooli.widget.pk}/delete/", {"post": "yes"})
    assert everything_of(hooli) == before


def test_the_board_has_no_buttons_for_widgets_that_the_person_can_only_view(
    mixed: Client, acme: Team, hooli: Team, mixpanel: Any
) -> None:
    page = mixed.get("/").content.decode()
    for action in ("refresh", "duplicate"):
        assert f'formaction="/widgets/{acme.widget.pk}/{action}"' in page
        assert f'formaction="/widgets/{hooli.widget.pk}/{action}"' not in page
    for action in ("refresh", "duplicate", "move"):
        assert mixed.post(f"/widgets/{hooli.widget.pk}/{action}", {"place": "first"}).status_code == 403
    assert mixpanel.calls == []


def test_a_shared_board_shows_nothing_of_the_other_project(mixed: Client, acme: Team, hooli: Team) -> None:
    page = mixed.get("/shared/").content.decode()
    assert "1 widget" in page
    assert MARK not in page
    own, other = f"?project={acme.project.pk}", f"?project={hooli.project.pk}"
    assert mixed.post(f"/shared/new{other}").status_code == 403
    for query, may in (("", True), (own, True), (other, False)):
        assert ("Share this board" in mixed.get(f"/{query}").content.decode()) == may
        assert ("Create the link" in mixed.get(f"/shared/{query}").content.decode()) == may
    mixed.post("/shared/new")
    board = SharedBoard.objects.get()
    page = Client().get(f"/b/{board.token}").content.decode()
    assert "Acme signups" in page
    assert MARK not in page
    assert Client().get(f"/b/{board.token}/{hooli.widget.pk}.json").status_code == 404


def test_an_editor_changes_no_project_and_no_members(mixed: Client, acme: Team, hooli: Team, mixpanel: Any) -> None:
    before = everything_of(hooli), everything_of(acme)
    for team in (acme, hooli):
        page = f"/admin/widgets/project/{team.project.pk}/"
        shown = mixed.get(f"{page}change/").content.decode()
        assert team.project.username not in shown
        assert "new_secret" not in shown
        form = {"name": "Mine", "new_secret": "s", "email": "x@example.com", "role": "lead"}
        for path in ("change/", "delete/", "members/", f"members/{team.viewer.pk}/role/"):
            assert mixed.post(page + path, form).status_code == 403, path
        for path in ("remove/", "link/"):
            assert mixed.post(f"{page}members/{team.viewer.pk}/{path}", form).status_code == 403, path
        test = {"project": str(team.project.pk), "new_secret": "s"}
        assert mixed.post("/admin/widgets/project/connection/", test).status_code == 404
    assert mixed.post("/admin/widgets/project/add/", {"name": "Mine"}).status_code == 403
    assert (everything_of(hooli), everything_of(acme)) == before
    assert mixpanel.calls == []


def test_a_lead_of_one_project_can_not_lead_another(acme: Team, hooli: Team, log_in: Any) -> None:
    hooli.project.members.add(acme.lead, through_defaults={"role": Role.EDITOR})
    client, before = log_in(acme.lead), everything_of(hooli)
    page = f"/admin/widgets/project/{hooli.project.pk}/"
    assert hooli.project.username not in client.get(f"{page}change/").content.decode()
    assert client.post(f"{page}change/", {"name": "Mine"}).status_code == 403
    assert client.post(f"{page}members/{hooli.viewer.pk}/role/", {"role": "lead"}).status_code == 403
    assert everything_of(hooli) == before
    # The address names Acme's project, which this person leads, and a member of Hooli.
    assert client.post(f"/admin/widgets/project/{acme.project.pk}/members/{hooli.viewer.pk}/remove/").status_code == 404


def test_each_role_has_the_rights_of_the_lower_roles(acme: Team, hooli: Team, superuser: Any) -> None:
    people = {"viewer": acme.viewer, "editor": acme.editor, "lead": acme.lead}
    for number, user in enumerate(people.values()):
        for least in Role:
            may = number >= list(Role).index(least)
            assert has_role(user, least, acme.project.pk) == has_role_somewhere(user, least) == may
            assert Project.objects.for_role(user, least).filter(pk=acme.project.pk).exists() == may
            assert not has_role(user, least, hooli.project.pk)
            assert not has_role(user, least, None)
    assert has_role(superuser, Role.LEAD, hooli.project.pk)
    superuser.is_active = acme.editor.is_active = False
    for user in (superuser, acme.editor):
        assert not has_role_somewhere(user, Role.VIEWER)
        assert not Widget.objects.visible_to(user)

"""A team's data is hidden from other teams: in lists, choices, actions, previews and error messages."""

from typing import Any

import pytest
from django.test import Client

from tests.admin.typed_project import WHOLE
from tests.security.conftest import MARK, Team
from widgets.models import Project, Snapshot, Widget


def project_form(**values: Any) -> dict[str, Any]:
    return WHOLE | {"name": "New", "project_id": "42", "username": "new.account", "new_secret": "a new secret"} | values


@pytest.mark.parametrize("query", ["", "?project=0", "?all=1", "?o=4", "?q=sign", "?owner=1"])
def test_it_lists_no_other_teams_widgets(acme: Team, hooli: Team, log_in: Any, query: str) -> None:
    for path in ("/admin/widgets/widget/", "/admin/widgets/project/", "/", "/admin/widgets/auditentry/"):
        response = log_in(acme.editor).get(path + query.replace("=0", f"={hooli.project.pk}"), follow=True)
        assert response.status_code == 200
        assert MARK not in response.content.decode(), path + query


def test_a_search_finds_no_other_teams_widgets(acme: Team, hooli: Team, log_in: Any) -> None:
    for path in ("/admin/widgets/widget/", "/admin/widgets/project/", "/"):
        found = log_in(acme.editor).get(path, {"q": MARK}).content.decode()
        nothing = log_in(acme.editor).get(path, {"q": "Nobody"}).content.decode()
        assert found.count(MARK) == nothing.count("Nobody"), path


@pytest.mark.parametrize("action", ["pause", "replace_address", "duplicate", "refresh_now", "delete_selected"])
def test_it_acts_on_no_widget_of_another_team(acme: Team, hooli: Team, log_in: Any, action: str) -> None:
    before = list(Widget.objects.values().order_by("pk"))
    data = {"action": action, "_selected_action": [str(hooli.widget.pk)], "confirmed": "yes", "post": "yes"}
    response = log_in(acme.editor).post("/admin/widgets/widget/", data, follow=True)
    assert MARK not in response.content.decode()
    assert list(Widget.objects.values().order_by("pk")) == before


def test_a_pasted_link_tells_nothing_of_another_teams_project(acme: Team, hooli: Team, log_in: Any) -> None:
    def said(project_id: int) -> str:
        link = f"https://mixpanel.com/project/{project_id}/view/1/app/boards#report-id=7"
        text = log_in(acme.editor).post("/admin/widgets/widget/link/", {"link": link}).content.decode()
        return text.replace(str(project_id), "#")

    assert said(hooli.project.project_id) == said(31337)


def test_an_object_of_another_team_seems_not_to_exist(acme: Team, hooli: Team, log_in: Any) -> None:
    def said(pk: int) -> str:
        response = log_in(acme.editor).get(f"/admin/widgets/widget/{pk}/change/", follow=True)
        return "".join(map(str, response.context["messages"])).replace(str(pk), "#")

    assert said(hooli.widget.pk) == said(987654)


def test_the_superuser_who_makes_a_project_leads_it(log_in: Any, superuser: Any) -> None:
    assert log_in(superuser).post("/admin/widgets/project/add/", project_form()).status_code == 302
    assert [(row.user, row.role) for row in Project.objects.get(name="New").memberships.all()] == [(superuser, "lead")]


def test_an_error_does_not_say_what_other_teams_have(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    address = f"/admin/widgets/project/{acme.project.pk}/change/"
    taken = project_form(name=hooli.project.name, project_id=str(hooli.project.project_id))
    text = log_in(acme.lead).post(address, taken).content.decode()
    assert "already" not in text
    assert "Choose another name." in text
    text = log_in(acme.lead).post(address, {**taken, "name": "Free"}).content.decode()
    assert "already" not in text
    assert "Ask your administrator." in text
    text = log_in(superuser).post(address, {**taken, "name": "Free"}).content.decode()
    assert "already has a project with this region" in text


@pytest.mark.parametrize(
    "change", [{"region": "eu"}, {"project_id": "7"}, {"username": "other"}, {"auth": "project_secret", "username": ""}]
)
def test_a_stored_secret_is_not_sent_to_a_changed_address_or_account(
    acme: Team, log_in: Any, mixpanel: Any, change: Any
) -> None:
    stored = {"name": "Acme", "project_id": str(acme.project.project_id), "username": acme.project.username}
    form = project_form(**{**stored, "timezone": acme.project.timezone, "new_secret": "", **change})
    client = log_in(acme.lead)
    assert (
        "Enter the secret again"
        in client.post(f"/admin/widgets/project/{acme.project.pk}/change/", form).content.decode()
    )
    test = client.post("/admin/widgets/project/connection/", {**form, "project": acme.project.pk})
    assert "Enter the secret again" in test.content.decode()
    assert mixpanel.calls == []


def test_data_stays_with_its_project_when_the_mixpanel_id_changes(
    acme: Team, hooli: Team, client: Client, mixpanel: Any
) -> None:
    """Acme's project gets a new Mixpanel ID, and Hooli's project the old one: Hooli must not see Acme's numbers."""
    client.get(f"/w/{acme.widget.slug}.csv")
    number = acme.project.project_id
    acme.project.project_id = 1
    acme.project.save()
    hooli.project.project_id = number
    hooli.project.save()
    hooli.widget.refresh_from_db()
    assert hooli.widget.snapshot.project == hooli.project
    assert hooli.widget.snapshot.fetched_at is None
    assert set(Snapshot.objects.values_list("project_id", "widgets__project_id")) == {
        (each.project.pk, each.project.pk) for each in (acme, hooli)
    }

"""The members of a project: their roles, who can see them, how they leave, and their entries in the audit log."""

import json
import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

from tests.security.conftest import MARK, Team
from tests.security.members import ada, invite, link_on, page_of, roles
from widgets.models import Widget


def test_membership_opens_the_admin_and_the_flag_is_staff_does_not(acme: Team, make_user: Any) -> None:
    nobody = make_user("nobody", is_staff=True)
    for user, status in ((acme.viewer, 200), (nobody, 302)):
        client = Client()
        client.post("/admin/login/?next=/", {"username": user.username, "password": "a long password"})
        assert client.get("/").status_code == 200
        assert client.get("/admin/").status_code == status


def test_a_removed_member_loses_only_one_project(acme: Team, hooli: Team, log_in: Any) -> None:
    hooli.project.members.add(acme.editor)
    Widget.objects.filter(pk=hooli.widget.pk).update(owner=acme.editor)
    address, client = page_of(acme, acme.editor.pk, "remove"), log_in(acme.lead)
    removed = log_in(acme.editor)
    page = client.get(address).content.decode()
    assert "Acme signups" in page
    assert MARK not in page
    response = client.post(address, follow=True)
    assert "Acme-editor is no longer a member of Acme. 1 widget has no owner now." in response.content.decode()
    assert roles(acme.editor) == {MARK: "editor"}
    assert [each.owner for each in Widget.objects.order_by("pk")] == [None, acme.editor]
    assert "Acme signups" not in removed.get("/").content.decode()
    assert client.post(address).status_code == 404
    log_in(hooli.lead).post(page_of(hooli, acme.editor.pk, "remove"))
    assert removed.get("/").status_code == 200, "the account stays, until a superuser closes it"
    assert removed.get("/admin/").status_code == 302


def test_a_deleted_widget_comes_back_without_an_owner_who_left(acme: Team, log_in: Any) -> None:
    client = log_in(acme.lead)
    client.post(f"/admin/widgets/widget/{acme.widget.pk}/delete/", {"post": "yes"})
    client.post(page_of(acme, acme.editor.pk, "remove"))
    client.post("/admin/widgets/deletedwidget/", {"action": "bring_back", "_selected_action": [acme.widget.pk]})
    assert Widget.objects.get().owner is None


def test_a_project_keeps_a_lead_who_can_log_in(acme: Team, superuser: Any, log_in: Any) -> None:
    """A lead does not count before the first login, or with a closed account."""
    client = log_in(acme.lead)
    invite(client, acme, role="lead")
    acme.project.members.add(superuser, through_defaults={"role": "lead"})
    get_user_model().objects.filter(pk=superuser.pk).update(is_active=False)
    for action, data in (("role", {"role": "viewer"}), ("remove", {})):
        page = client.post(page_of(acme, acme.lead.pk, action), data, follow=True).content.decode()
        assert "A project needs a lead who can log in." in page
    client.post(page_of(acme, acme.editor.pk, "role"), {"role": "lead"})
    client.post(page_of(acme, acme.lead.pk, "role"), {"role": "viewer"})
    assert roles(acme.lead) == {"Acme": "viewer"}
    assert client.post(page_of(acme, acme.viewer.pk, "role"), {"role": "lead"}).status_code == 403
    get_user_model().objects.filter(pk=superuser.pk).update(is_active=True)
    for user in (acme.editor, superuser):
        log_in(superuser).post(page_of(acme, user.pk, "remove"))
    page = log_in(superuser).get(page_of(acme)).content.decode()
    assert "This project has no lead" not in page, "Ada is a lead who can still accept"
    get_user_model().objects.filter(pk=ada().pk).update(is_active=False)
    assert "This project has no lead" in log_in(superuser).get(page_of(acme)).content.decode()
    log_in(superuser).post(page_of(acme, ada().pk, "remove"))
    assert "This project has no lead" in log_in(superuser).get(page_of(acme)).content.decode()


def test_a_lead_may_leave_when_there_is_another(acme: Team, make_user: Any, log_in: Any) -> None:
    make_user("Acme-second", "lead", (acme.project,))
    response = log_in(acme.lead).post(page_of(acme, acme.lead.pk, "remove"))
    assert response["Location"] == "/"
    assert roles(acme.lead) == {}


def test_all_members_read_who_is_there_and_only_leads_get_forms(acme: Team, hooli: Team, log_in: Any) -> None:
    invite(log_in(acme.lead), acme)
    for user in (acme.viewer, acme.editor, acme.lead):
        page = log_in(user).get(page_of(acme)).content.decode()
        for said in ("Acme-lead", "Acme-editor", "Acme-viewer", "Ada Byron", "Invited, but not logged in yet"):
            assert said in page
        assert MARK not in page
        forms = [each for each in re.findall(r'action="([^"]*)"', page) if "members" in each]
        assert len(forms) == (5 if user == acme.lead else 0)
        assert ("Remove…" in page) == ('id="invite_form"' in page) == (user == acme.lead)
    assert log_in(hooli.lead).get(page_of(acme)).status_code == 404


def test_a_superuser_closes_an_account_in_one_step(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    hooli.project.members.add(acme.editor)
    address, leaver = f"/admin/auth/user/{acme.editor.pk}/leave/", log_in(acme.editor)
    page = log_in(superuser).get(address).content.decode()
    for said in ("Acme signups", "Acme", MARK):
        assert said in page
    assert log_in(superuser).post(address).status_code == 302
    acme.editor.refresh_from_db()
    assert not acme.editor.is_active
    assert not acme.editor.has_usable_password()
    assert roles(acme.editor) == {}
    assert Widget.objects.get(pk=acme.widget.pk).owner is None
    assert leaver.get("/").status_code == 302, "a closed account is logged out"
    for by in (acme.lead, acme.editor):
        assert log_in(by).post(f"/admin/auth/user/{acme.viewer.pk}/leave/").status_code in (302, 403)
    assert log_in(superuser).post(f"/admin/auth/user/{superuser.pk}/leave/").status_code == 403
    acme.viewer.refresh_from_db()
    assert acme.viewer.is_active


def test_the_site_keeps_a_superuser_who_can_log_in(acme: Team, superuser: Any, log_in: Any, make_user: Any) -> None:
    """A superuser does not count before the first login, or with a closed account."""
    invited, closed = make_user("Invited", password=None), make_user("Closed", is_active=False)
    get_user_model().objects.filter(pk__in=(invited.pk, closed.pk)).update(is_superuser=True)
    address = f"/admin/auth/user/{superuser.pk}/change/"
    form = {"username": superuser.username, "email": superuser.email, "is_active": "on", "is_superuser": "on"}
    for removed in ("is_active", "is_superuser"):
        page = log_in(superuser).post(address, {**form, removed: ""}).content.decode()
        assert "MixCyfe needs a superuser who can log in. Make somebody else a superuser first." in page
        superuser.refresh_from_db()
        assert superuser.is_active
        assert superuser.is_superuser
    other = make_user("Other")
    get_user_model().objects.filter(pk=other.pk).update(is_superuser=True)
    assert log_in(superuser).post(address, {**form, "is_superuser": ""}).status_code == 302
    superuser.refresh_from_db()
    assert not superuser.is_superuser


def test_the_pages_of_people_open(acme: Team, superuser: Any, log_in: Any) -> None:
    client = log_in(superuser)
    page = client.get("/admin/auth/user/").content.decode()
    assert "Invite to a project" in page
    assert f'<a href="{page_of(acme)}">Acme</a> (viewer)' in page
    page = client.get(f"/admin/auth/user/{acme.viewer.pk}/change/").content.decode()
    assert "New link to set the password" in page
    assert "Close account…" in page


def test_the_audit_log_names_invitations_roles_and_removals(acme: Team, hooli: Team, log_in: Any) -> None:
    client = log_in(acme.lead)
    link = link_on(invite(client, acme))
    client.post(page_of(acme, ada().pk, "link"))
    client.post(page_of(acme, acme.viewer.pk, "role"), {"role": "editor"})
    client.post(page_of(acme, acme.viewer.pk, "role"), {"role": "editor"})
    client.post(page_of(acme, ada().pk, "remove"))
    assert [each.get_change_message() for each in LogEntry.objects.order_by("pk")] == [
        "Invited ada@example.com as editor.",
        "Made a new invitation link for ada@example.com.",
        "Role of Acme-viewer: “Viewer” → “Editor”",
        "Removed ada@example.com.",
    ]
    page = log_in(acme.editor).get("/admin/widgets/auditentry/").content.decode()
    assert "Invited ada@example.com as editor." in page
    assert link not in page
    assert "ada@" not in log_in(hooli.lead).get("/admin/widgets/auditentry/").content.decode()


def test_the_audit_log_says_who_did_what(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    editor = log_in(acme.editor)
    for action in ("pause", "resume", "replace_address"):
        data = {"action": action, "_selected_action": [str(acme.widget.pk)], "confirmed": "yes"}
        editor.post("/admin/widgets/widget/", data)
    log_in(hooli.editor).post("/admin/widgets/widget/", {"action": "pause", "_selected_action": [str(hooli.widget.pk)]})
    page = log_in(acme.viewer).get("/admin/widgets/auditentry/").content.decode()
    for said in ("Acme-editor", "Acme signups", "Paused", "Resumed", "Replaced the address"):
        assert said in page
    assert MARK not in page
    assert acme.widget.slug not in page
    assert MARK in log_in(superuser).get("/admin/widgets/auditentry/").content.decode()
    assert LogEntry.objects.count() == 4


def test_an_import_is_in_the_audit_log_and_its_account_opens_nothing(acme: Team, log_in: Any, tmp_path: Any) -> None:
    file = tmp_path / "widgets.json"
    entry = {"project": "Acme", "title": "Imported one", "report": "events", "events": ["Signed up"]}
    file.write_text(json.dumps({"widgets": [entry]}))
    call_command("import_widgets", str(file))
    page = log_in(acme.viewer).get("/admin/widgets/auditentry/").content.decode()
    for said in ("command line", "Imported one", "Imported."):
        assert said in page
    user = get_user_model().objects.get(username="command line")
    assert not user.is_active
    assert not user.has_usable_password()


def test_the_admins_first_page_shows_no_actions_on_widgets_of_a_former_project(
    acme: Team, hooli: Team, log_in: Any
) -> None:
    client = log_in(acme.editor)
    client.post("/admin/widgets/widget/", {"action": "pause", "_selected_action": [str(acme.widget.pk)]})
    assert "Acme signups" in client.get("/admin/").content.decode()
    acme.editor.memberships.update(project=hooli.project)
    assert "Acme signups" not in client.get("/admin/").content.decode()

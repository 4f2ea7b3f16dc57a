"""Coming and going: invitations, one-time links, leaving, and the groups."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tests.security.conftest import MARK, Team
from widgets.accounts.groups import EDITORS, PERMISSIONS, VIEWERS, fill_groups
from widgets.models import Session, Widget

INVITE = "/admin/auth/user/add/"
PASSWORD = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


@pytest.fixture
def inviter(make_user: Any, acme: Team) -> Any:
    user = make_user("Acme-inviter", EDITORS, (acme.project,))
    user.user_permissions.add(*Permission.objects.filter(codename__in=["add_user", "change_user"]))
    return user


def form(team: Team, **values: Any) -> dict[str, Any]:
    return {"name": "Ada Byron", "email": "Ada@Example.com", "projects": [team.project.pk], "role": EDITORS} | values


def link_on(response: Any) -> str:
    found = re.search(r'value="http://testserver(/welcome/[^"]+)"', response.content.decode())
    return found[1] if found else ""


def set_password(client: Client, link: str, **values: str) -> Any:
    page = client.get(link)
    return client.post(page["Location"], PASSWORD | values) if page.status_code == 302 else page


def test_it_fills_the_groups_once_and_takes_nothing_away(db: None) -> None:
    more = Permission.objects.get(codename="delete_widget")
    Group.objects.get(name=EDITORS).permissions.add(more)
    for _ in range(2):
        fill_groups(sender=apps.get_app_config("widgets"))
    for name, codenames in PERMISSIONS.items():
        extra = {"delete_widget"} if name == EDITORS else set()
        given = Group.objects.get(name=name).permissions.values_list("codename", flat=True)
        assert set(given) == set(codenames) | extra


def test_it_invites_in_one_step(acme: Team, inviter: Any, log_in: Any) -> None:
    response = log_in(inviter).post(INVITE, form(acme))
    assert "no-store" in response["Cache-Control"]
    ada = get_user_model().objects.get(username="ada@example.com")
    assert not ada.has_usable_password()
    assert (ada.is_staff, ada.is_superuser, ada.get_full_name()) == (True, False, "Ada Byron")
    assert [group.name for group in ada.groups.all()] == [EDITORS]
    assert list(ada.mixpanel_projects.all()) == [acme.project]
    visitor = Client()
    done = set_password(visitor, link_on(response))
    assert done["Location"] == "/"
    assert "Acme signups" in visitor.get("/").content.decode()


def test_a_link_is_good_once_and_not_for_long(acme: Team, inviter: Any, log_in: Any, settings: Any) -> None:
    link = link_on(log_in(inviter).post(INVITE, form(acme)))
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 5)):
        assert "no longer valid" in Client().get(link).content.decode()
    assert "token" not in Client().get(link)["Location"]
    assert set_password(Client(), link).status_code == 302
    assert "no longer valid" in Client().get(link).content.decode()


def test_a_stolen_backup_opens_no_invitation(acme: Team, inviter: Any, log_in: Any, settings: Any) -> None:
    """While a link is open in a browser, and not used yet, the session keeps no more of its token than an HMAC."""
    visitor = Client()
    link = link_on(log_in(inviter).post(INVITE, form(acme)))
    page = visitor.get(link)["Location"]
    assert visitor.post(page, PASSWORD | {"new_password1": "short"}).status_code == 200
    _, _, uid, token, _ = link.split("/")
    stored = "".join(
        str(value)
        for model in apps.get_models(include_auto_created=True)
        for row in model.objects.values_list()
        for value in row
    )
    kept = [str(value) for session in Session.objects.all() for value in session.get_decoded().values()]
    for part in (token, token.partition("-")[2]):
        assert part not in stored
        assert part not in "".join(kept)
    for value in kept:
        assert "no longer valid" in Client().get(f"/welcome/{uid}/{value}/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 5)):
        late = Client()
        late.cookies.load({name: morsel.value for name, morsel in visitor.cookies.items()})
        assert "no longer valid" in late.get(page).content.decode(), "an open page is not good for longer"
    assert visitor.post(page, PASSWORD).status_code == 302
    assert "no longer valid" in visitor.get(page).content.decode()


def test_a_bad_link_says_the_same_whoever_it_is_for(acme: Team, inviter: Any, log_in: Any) -> None:
    link = link_on(log_in(inviter).post(INVITE, form(acme)))
    _, _, uid, token, _ = link.split("/")
    pages = {
        Client().get(f"/welcome/{user}/{each}/").content
        for user, each in [(uid, f"{token}x"), ("OTk5OTk5", token), ("!", "x"), ("MQ", "password"), (uid, "password")]
    }
    assert len(pages) == 1


def test_it_takes_no_weak_password(acme: Team, inviter: Any, log_in: Any) -> None:
    link = link_on(log_in(inviter).post(INVITE, form(acme)))
    for weak in ("short", "1234567890", "password1", "ada@example.com"):
        assert set_password(Client(), link, new_password1=weak, new_password2=weak).status_code == 200
    assert not get_user_model().objects.get(username="ada@example.com").has_usable_password()


def test_it_mails_the_link_where_mail_is_set_up(acme: Team, inviter: Any, log_in: Any, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    response = log_in(inviter).post(INVITE, form(acme))
    assert link_on(response) == ""
    assert mail.outbox[0].to == ["ada@example.com"]
    link = re.search(r"http://testserver(/welcome/\S+)", mail.outbox[0].body)
    assert link
    assert set_password(Client(), link[1]).status_code == 302


def test_it_shows_the_link_when_the_mail_can_not_be_sent(acme: Team, inviter: Any, log_in: Any, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    response = log_in(inviter).post(INVITE, form(acme))
    assert link_on(response)
    assert "could not send the mail" in response.content.decode()


def test_nobody_invites_into_a_project_that_is_not_theirs(acme: Team, hooli: Team, inviter: Any, log_in: Any) -> None:
    client = log_in(inviter)
    assert MARK not in client.get(INVITE).content.decode()
    client.post(INVITE, form(hooli))
    assert not get_user_model().objects.filter(username="ada@example.com").exists()


def test_nobody_makes_another_more_than_they_are(acme: Team, make_user: Any, log_in: Any) -> None:
    viewer = make_user("Acme-host", VIEWERS, (acme.project,))
    viewer.user_permissions.add(Permission.objects.get(codename="add_user"))
    log_in(viewer).post(INVITE, form(acme))
    assert not get_user_model().objects.filter(username="ada@example.com").exists()
    log_in(viewer).post(INVITE, form(acme, role=VIEWERS))
    assert get_user_model().objects.get(username="ada@example.com").groups.get().name == VIEWERS


def test_an_invitation_gives_nobody_elses_account_away(acme: Team, hooli: Team, inviter: Any, log_in: Any) -> None:
    response = log_in(inviter).post(INVITE, form(acme, email=hooli.viewer.email))
    assert link_on(response) == ""
    hooli.viewer.refresh_from_db()
    assert hooli.viewer.check_password("a long password")
    assert [group.name for group in hooli.viewer.groups.all()] == [VIEWERS]
    assert set(hooli.viewer.mixpanel_projects.all()) == {acme.project, hooli.project}
    fresh = link_on(log_in(inviter).post(INVITE, form(acme)))
    get_user_model().objects.get(username="ada@example.com").mixpanel_projects.add(hooli.project)
    assert fresh
    assert link_on(log_in(inviter).post(INVITE, form(acme))) == "", "who is in another team too is theirs as well"


def test_a_name_can_not_forge_a_mail_or_a_line(acme: Team, inviter: Any, log_in: Any) -> None:
    for bad in ({"name": "Ada\nBcc: x@example.com"}, {"email": "ada@example.com\nBcc: x@y.z"}, {"name": "\x1b[2J"}):
        log_in(inviter).post(INVITE, form(acme, **bad))
    assert not get_user_model().objects.filter(first_name__contains="Ada").exists()


def test_leaving_is_one_step_and_says_what_is_left(acme: Team, inviter: Any, log_in: Any) -> None:
    address = f"/admin/auth/user/{acme.editor.pk}/leave/"
    leaver = log_in(acme.editor)
    assert "Acme signups" in log_in(inviter).get(address).content.decode()
    assert log_in(inviter).post(address).status_code == 302
    acme.editor.refresh_from_db()
    assert not acme.editor.is_active
    assert not acme.editor.groups.exists()
    assert not acme.project.members.filter(pk=acme.editor.pk).exists()
    acme.widget.refresh_from_db()
    assert acme.widget.owner is None
    assert leaver.get("/").status_code == 302, "whoever left is logged out"
    again = link_on(log_in(inviter).post(INVITE, form(acme, email="acme-editor@example.com", role=VIEWERS)))
    assert set_password(Client(), again).status_code == 302, "and may be invited anew"


def test_leaving_one_team_keeps_the_other(acme: Team, hooli: Team, inviter: Any, log_in: Any) -> None:
    acme.editor.mixpanel_projects.add(hooli.project)
    Widget.objects.filter(pk=hooli.widget.pk).update(owner=acme.editor)
    address = f"/admin/auth/user/{acme.editor.pk}/leave/"
    assert MARK not in log_in(inviter).get(address).content.decode()
    log_in(inviter).post(address)
    acme.editor.refresh_from_db()
    assert acme.editor.is_active
    assert list(acme.editor.mixpanel_projects.all()) == [hooli.project]
    assert Widget.objects.get(pk=hooli.widget.pk).owner == acme.editor


def test_nobody_sends_away_a_superuser_or_themselves(inviter: Any, acme: Team, superuser: Any, log_in: Any) -> None:
    superuser.mixpanel_projects.add(acme.project)
    for by, who in ((inviter, superuser), (inviter, inviter), (superuser, superuser)):
        assert log_in(by).post(f"/admin/auth/user/{who.pk}/leave/").status_code == 403


def test_a_superuser_makes_a_new_link_for_who_forgot(acme: Team, superuser: Any, log_in: Any) -> None:
    link = link_on(log_in(superuser).post(f"/admin/auth/user/{acme.viewer.pk}/link/"))
    assert set_password(Client(), link).status_code == 302
    acme.viewer.refresh_from_db()
    assert acme.viewer.check_password(PASSWORD["new_password1"])


def test_the_pages_of_people_open(acme: Team, superuser: Any, log_in: Any) -> None:
    client = log_in(superuser)
    assert "Invite a colleague" in client.get("/admin/auth/user/").content.decode()
    page = client.get(f"/admin/auth/user/{acme.viewer.pk}/change/").content.decode()
    assert "New link to set the password" in page
    assert "Leaves" in page


def test_the_trail_says_who_did_what(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    editor = log_in(acme.editor)
    for action in ("pause", "resume", "replace_address"):
        data = {"action": action, "_selected_action": [str(acme.widget.pk)], "confirmed": "yes"}
        editor.post("/admin/widgets/widget/", data)
    log_in(hooli.editor).post("/admin/widgets/widget/", {"action": "pause", "_selected_action": [str(hooli.widget.pk)]})
    page = log_in(acme.viewer).get("/admin/admin/logentry/").content.decode()
    for said in ("Acme-editor", "Acme signups", "Paused", "Resumed", "Replaced the address"):
        assert said in page
    assert MARK not in page
    assert acme.widget.slug not in page
    assert MARK in log_in(superuser).get("/admin/admin/logentry/").content.decode()
    assert LogEntry.objects.count() == 4


def test_an_import_is_in_the_trail_and_its_account_opens_nothing(acme: Team, log_in: Any, tmp_path: Any) -> None:
    file = tmp_path / "widgets.json"
    entry = {"project": "Acme", "title": "Imported one", "report": "events", "events": ["Signed up"]}
    file.write_text(json.dumps({"widgets": [entry]}))
    call_command("import_widgets", str(file))
    page = log_in(acme.viewer).get("/admin/admin/logentry/").content.decode()
    for said in ("command line", "Imported one", "Imported."):
        assert said in page
    user = get_user_model().objects.get(username="command line")
    assert not user.is_active
    assert not user.has_usable_password()


def test_the_first_page_forgets_what_somebody_no_longer_sees(acme: Team, hooli: Team, log_in: Any) -> None:
    client = log_in(acme.editor)
    client.post("/admin/widgets/widget/", {"action": "pause", "_selected_action": [str(acme.widget.pk)]})
    assert "Acme signups" in client.get("/admin/").content.decode()
    acme.editor.mixpanel_projects.set([hooli.project])
    assert "Acme signups" not in client.get("/admin/").content.decode()

"""Invitations to a project, and the one-time links in them."""

import re
from datetime import timedelta
from typing import Any

import time_machine
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from django.utils import timezone

from tests.accounts.test_second_factor import everything_stored
from tests.security.conftest import MARK, Team
from tests.security.members import PASSWORD, ada, invite, link_on, page_of, roles, set_password
from widgets.models import Session


def test_it_invites_in_one_step(acme: Team, log_in: Any) -> None:
    response = invite(log_in(acme.lead), acme)
    assert "no-store" in response["Cache-Control"]
    assert not ada().has_usable_password()
    assert (ada().is_superuser, ada().get_full_name()) == (False, "Ada Byron")
    assert roles(ada()) == {"Acme": "editor"}
    visitor = Client()
    done = set_password(visitor, link_on(response))
    assert done["Location"] == "/"
    assert "Acme signups" in visitor.get("/").content.decode()
    assert visitor.get("/admin/widgets/widget/add/").status_code == 200, "the new person can use the admin at once"


def test_a_link_works_once_and_for_a_limited_time(acme: Team, log_in: Any, settings: Any) -> None:
    link = link_on(invite(log_in(acme.lead), acme))
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 5)):
        assert "no longer valid" in Client().get(link).content.decode()
    assert link.split("/")[3] not in Client().get(link)["Location"], "the next page's address has no token"
    assert set_password(Client(), link).status_code == 302
    assert "no longer valid" in Client().get(link).content.decode()


def test_a_stolen_backup_opens_no_invitation(acme: Team, log_in: Any, settings: Any) -> None:
    """When somebody opens an invitation's link, the session stores only an HMAC of the link's token."""
    visitor = Client()
    link = link_on(invite(log_in(acme.lead), acme))
    page = visitor.get(link)["Location"]
    assert visitor.post(page, PASSWORD | {"new_password1": "short"}).status_code == 200
    _, _, uid, token, _ = link.split("/")
    stored = everything_stored()
    kept = [str(value) for session in Session.objects.all() for value in session.get_decoded().values()]
    for part in (token, token.partition("-")[2]):
        assert part not in stored
        assert part not in "".join(kept)
    for value in kept:
        assert "no longer valid" in Client().get(f"/welcome/{uid}/{value}/").content.decode()
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT + 5)):
        late = Client()
        late.cookies.load({name: morsel.value for name, morsel in visitor.cookies.items()})
        assert "no longer valid" in late.get(page).content.decode(), "the link ends for open pages too"
    assert visitor.post(page, PASSWORD).status_code == 302
    assert "no longer valid" in visitor.get(page).content.decode()


def test_invalid_links_get_the_same_page_for_every_account(acme: Team, log_in: Any) -> None:
    link = link_on(invite(log_in(acme.lead), acme))
    _, _, uid, token, _ = link.split("/")
    pages = {
        Client().get(f"/welcome/{user}/{each}/").content
        for user, each in [(uid, f"{token}x"), ("OTk5OTk5", token), ("!", "x"), ("MQ", "password"), (uid, "password")]
    }
    assert len(pages) == 1


def test_it_refuses_a_weak_password(acme: Team, log_in: Any) -> None:
    link = link_on(invite(log_in(acme.lead), acme))
    for weak in ("short", "1234567890", "password1", "ada@example.com"):
        assert set_password(Client(), link, new_password1=weak, new_password2=weak).status_code == 200
    assert not get_user_model().objects.get(username="ada@example.com").has_usable_password()


def test_it_mails_the_link_where_mail_is_set_up(acme: Team, log_in: Any, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    response = invite(log_in(acme.lead), acme)
    assert link_on(response) == ""
    assert mail.outbox[0].to == ["ada@example.com"]
    link = re.search(r"http://testserver(/welcome/\S+)", mail.outbox[0].body)
    assert link
    assert set_password(Client(), link[1]).status_code == 302


def test_it_shows_the_link_when_the_mail_can_not_be_sent(acme: Team, log_in: Any, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    response = invite(log_in(acme.lead), acme)
    assert link_on(response)
    assert "could not send the mail" in response.content.decode()


def test_only_leads_and_superusers_invite(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    for user, status in ((acme.editor, 403), (acme.viewer, 403), (hooli.lead, 404)):
        assert invite(log_in(user), acme).status_code == status
        assert invite(log_in(user), acme, role="viewer").status_code == status
    assert ada() is None
    assert link_on(invite(log_in(superuser), acme, role="lead"))
    assert roles(ada()) == {"Acme": "lead"}
    assert (
        "Select a valid choice" in invite(log_in(acme.lead), acme, email="b@example.com", role="boss").content.decode()
    )


def test_an_invitation_changes_nothing_elsewhere(acme: Team, hooli: Team, log_in: Any) -> None:
    """An editor of one team who is invited to another team as a viewer stays an editor in the first team."""
    response = invite(log_in(acme.lead), acme, email=hooli.editor.email, role="viewer", name="Somebody Else")
    assert link_on(response) == ""
    assert MARK not in response.content.decode().replace(hooli.editor.email, "")
    hooli.editor.refresh_from_db()
    assert hooli.editor.check_password("a long password")
    assert hooli.editor.get_full_name() == ""
    assert roles(hooli.editor) == {"Acme": "viewer", MARK: "editor"}
    again = invite(log_in(acme.lead), acme, email=hooli.editor.email, role="lead").content.decode()
    assert "is a member of the project already" in again
    assert roles(hooli.editor) == {"Acme": "viewer", MARK: "editor"}


def test_an_invitation_gives_nobody_access_to_another_account(
    acme: Team, hooli: Team, superuser: Any, log_in: Any
) -> None:
    """The link logs in as the invited person, so a lead gets it only if that person is in no other lead's project."""
    assert link_on(invite(log_in(acme.lead), acme))
    link = page_of(acme, ada().pk, "link")
    assert link_on(log_in(acme.lead).post(link))
    assert link_on(invite(log_in(hooli.lead), hooli)) == "", "Ada also belongs to a project of Acme"
    assert log_in(acme.lead).post(link).status_code == 403
    for member in (acme.editor, acme.viewer):
        assert log_in(acme.lead).post(page_of(acme, member.pk, "link")).status_code == 403, (
            "nobody gets a link for a member with a password"
        )
    acme.project.members.add(superuser)
    get_user_model().objects.filter(pk=superuser.pk).update(password="!", last_login=None)
    assert log_in(acme.lead).post(page_of(acme, superuser.pk, "link")).status_code == 403


def test_with_mail_an_address_with_an_account_gets_the_same_answer(
    acme: Team, hooli: Team, log_in: Any, settings: Any
) -> None:
    settings.EMAIL_IS_SET_UP = True
    answers = [invite(log_in(acme.lead), acme, email=each) for each in ("ada@example.com", hooli.viewer.email)]
    pages = [re.sub(r'[\w.-]+@example.com|value="[^"]*"', "", answer.content.decode()) for answer in answers]
    assert pages[0] == pages[1]
    assert "/welcome/" in mail.outbox[0].body
    assert "/welcome/" not in mail.outbox[1].body
    assert "Acme" in mail.outbox[1].body
    # While a person has not logged in yet, each link goes to that person by mail, never to the lead who invites.
    assert link_on(invite(log_in(hooli.lead), hooli)) == ""
    assert mail.outbox[2].to == ["ada@example.com"]
    assert "/welcome/" in mail.outbox[2].body


def test_a_closed_account_is_not_opened_by_an_invitation(acme: Team, hooli: Team, log_in: Any) -> None:
    get_user_model().objects.filter(pk=hooli.viewer.pk).update(is_active=False)
    assert (
        "be invited. Ask your administrator."
        in invite(log_in(acme.lead), acme, email=hooli.viewer.email).content.decode()
    )
    assert roles(hooli.viewer) == {MARK: "viewer"}


def test_a_name_can_not_forge_a_mail_or_a_line(acme: Team, log_in: Any) -> None:
    people = get_user_model().objects.count()
    for bad in ({"name": "Ada\nBcc: x@example.com"}, {"email": "ada@example.com\nBcc: x@y.z"}, {"name": "\x1b[2J"}):
        invite(log_in(acme.lead), acme, **bad)
    assert get_user_model().objects.count() == people


def test_a_superuser_makes_a_link_for_a_forgotten_password(acme: Team, superuser: Any, log_in: Any) -> None:
    link = link_on(log_in(superuser).post(f"/admin/auth/user/{acme.viewer.pk}/link/"))
    assert set_password(Client(), link).status_code == 302
    acme.viewer.refresh_from_db()
    assert acme.viewer.check_password(PASSWORD["new_password1"])


def test_an_old_link_ends_when_another_lead_invites(acme: Team, hooli: Team, superuser: Any, log_in: Any) -> None:
    kept = link_on(invite(log_in(acme.lead), acme))
    said = re.sub(r"\s+", " ", invite(log_in(hooli.lead), hooli, role="lead").content.decode())
    assert "Only a superuser can make a new link" in said
    assert "no longer valid" in Client().get(kept).content.decode()
    new = link_on(log_in(superuser).post(page_of(hooli, ada().pk, "link")))
    assert set_password(Client(), new).status_code == 302


def test_the_link_of_a_withdrawn_invitation_ends_even_in_an_open_page(acme: Team, log_in: Any) -> None:
    lead, visitor = log_in(acme.lead), Client()
    link = link_on(invite(lead, acme))
    page = visitor.get(link)["Location"]
    lead.post(page_of(acme, ada().pk, "remove"))
    for answer in (Client().get(link), visitor.post(page, PASSWORD)):
        assert "no longer valid" in answer.content.decode()
    assert not ada().has_usable_password()


def test_a_link_works_after_a_change_of_the_role(acme: Team, log_in: Any) -> None:
    lead = log_in(acme.lead)
    link = link_on(invite(lead, acme, role="lead"))
    lead.post(page_of(acme, ada().pk, "role"), {"role": "viewer"})
    visitor = Client()
    assert set_password(visitor, link).status_code == 302
    assert visitor.get("/admin/widgets/widget/add/").status_code == 403

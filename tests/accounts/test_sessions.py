"""Sessions: when they end, the list of a person's sessions, and that a stolen database opens none of them.

Also the rules for new passwords, and mails about changed passwords and lockouts.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.security.codes import PASSWORD, is_in, post_password, text_of
from tests.security.conftest import Team
from tests.security.members import PASSWORD as NEW_PASSWORD
from widgets.models import Session

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_it_ends_a_day_after_the_last_request(superuser: Any, log_in: Any, clock: Any) -> None:
    client = log_in(superuser)
    clock.shift(timedelta(hours=23))
    assert is_in(client)
    clock.shift(timedelta(hours=23))
    assert is_in(client)
    clock.shift(timedelta(hours=24, seconds=1))
    assert not is_in(client)


def test_it_ends_a_week_after_the_login_even_if_used(superuser: Any, log_in: Any, clock: Any) -> None:
    client = log_in(superuser)
    for _ in range(27):
        clock.shift(timedelta(hours=6))
        assert is_in(client)
    clock.shift(timedelta(hours=6, seconds=1))
    assert not is_in(client)


def test_requests_update_the_session_at_most_once_per_hour(superuser: Any, log_in: Any, clock: Any) -> None:
    client = log_in(superuser)
    stored = set(Session.objects.values_list())
    for _ in range(12):
        clock.shift(timedelta(minutes=10))
        client.get("/account/")
        stored.update(Session.objects.values_list())
    assert len(stored) == 2


def test_requests_in_the_last_day_of_a_session_update_nothing(superuser: Any, log_in: Any, clock: Any) -> None:
    client = log_in(superuser)
    for _ in range(8):
        clock.shift(timedelta(hours=20))
        client.get("/account/")
    before = Session.objects.values_list().get()
    for _ in range(5):
        clock.shift(timedelta(minutes=30))
        assert is_in(client)
    assert Session.objects.values_list().get() == before


def test_sessions_without_a_login_end_after_an_hour(superuser: Any, clock: Any) -> None:
    Client().get("/account/login/passkey/", headers={"Accept": "application/json"})
    session = Session.objects.get()
    assert session.expire_date - timezone.now() == timedelta(hours=1)
    assert session.user is None


def test_people_list_their_sessions_and_end_the_others(superuser: Any, make_user: Any) -> None:
    make_user("other")
    here, there, other = Client(headers={"User-Agent": FIREFOX}), Client(REMOTE_ADDR="203.0.113.5"), Client()
    for client, name in ((here, "root"), (there, "root"), (other, "other")):
        post_password(name, client=client)
    page = text_of(here.get("/account/"))
    assert "Firefox on Linux" in page
    assert "203.0.113.5" in page
    assert page.count("this one") == 1
    assert "End all others" not in text_of(other.get("/account/"))
    here.post("/account/sessions/end/")
    assert [is_in(client) for client in (here, there, other)] == [True, False, True]


def test_the_number_of_ended_sessions_leaves_out_those_that_had_ended_before(superuser: Any, clock: Any) -> None:
    post_password("root")
    clock.shift(timedelta(hours=25))
    here = Client()
    for client in (here, Client()):
        post_password("root", client=client)
    assert "Ended 1 other session." in text_of(here.post("/account/sessions/end/", follow=True))
    assert Session.objects.filter(user=superuser).count() == 1, (
        "a host with a slower clock could accept the expired one"
    )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the trigger is SQLite's")
def test_no_session_ends_if_the_audit_log_can_not_be_written(superuser: Any) -> None:
    here, there = Client(raise_request_exception=False), Client()
    for client in (here, there):
        post_password("root", client=client)
    connection.cursor().execute(
        "CREATE TRIGGER broken BEFORE INSERT ON widgets_auditentry BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    assert here.post("/account/sessions/end/").status_code == 500
    assert is_in(there)


def test_a_changed_password_ends_other_sessions_and_is_mailed(superuser: Any, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    here, there = Client(), Client()
    for client in (here, there):
        post_password("root", client=client)
    assert here.post("/admin/password_change/", {"old_password": PASSWORD, **NEW_PASSWORD}).status_code == 302
    assert [is_in(client) for client in (here, there)] == [True, False]
    assert Session.objects.filter(user=superuser).count() == 1
    assert [sent.subject for sent in mail.outbox] == ["Your password at MixCyfe was changed"]
    assert "correct horse" not in mail.outbox[0].body


def test_new_passwords_are_long_and_uncommon_and_old_passwords_work_on(make_user: Any) -> None:
    make_user("old", password="short-one")
    client = Client()
    assert post_password("old", "short-one", client).status_code == 302
    weak = ["short-two", "password1234", "!!Letmein2026", "dragondragon", "mixpanel rules ok", "123456789012345"]
    for new in [*weak, "gogogo2026!!", "password1password1", "1q2w3e4r5t6y!!"]:
        form = {"old_password": "short-one", "new_password1": new, "new_password2": new}
        assert client.post("/admin/password_change/", form).status_code == 200, new


def test_a_stolen_database_opens_no_session(superuser: Any) -> None:
    client = Client(headers={"User-Agent": FIREFOX})
    post_password("root", client=client)
    row = Session.objects.get()
    assert client.cookies["sessionid"].value not in str(vars(row))
    assert "Firefox" not in str(vars(row))
    assert row.get_decoded()["client"]["program"] == FIREFOX
    thief = Client()
    thief.cookies["sessionid"] = row.session_key
    assert not is_in(thief)


def test_a_session_ends_if_its_encryption_key_is_lost(superuser: Any, log_in: Any, settings: Any) -> None:
    client = log_in(superuser)
    settings.FIELD_ENCRYPTION_KEYS = ["Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyMDA="]
    assert not is_in(client)
    assert client.get("/admin/login/").status_code == 200


def test_a_lockout_is_mailed_to_the_owner_at_most_once_per_day(superuser: Any, settings: Any, clock: Any) -> None:
    settings.EMAIL_IS_SET_UP = True
    for address in range(5):
        for _ in range(12):
            post_password("root", "wrong", REMOTE_ADDR=f"198.51.100.{address}")
    for _ in range(12):
        post_password("nobody", "wrong", REMOTE_ADDR="198.51.100.99")
    assert [sent.to for sent in mail.outbox] == [["root@example.com"]]
    clock.shift(timedelta(hours=25))
    for _ in range(12):
        post_password("root", "wrong")
    assert len(mail.outbox) == 2


def test_everybody_with_a_password_finds_where_to_change_it(acme: Team, log_in: Any) -> None:
    client = log_in(acme.viewer)
    assert 'href="/admin/password_change/"' in text_of(client.get("/account/"))
    assert client.get("/admin/password_change/").status_code == 200
    acme.viewer.set_unusable_password()
    acme.viewer.save()
    assert 'href="/admin/password_change/"' not in text_of(log_in(acme.viewer).get("/account/"))

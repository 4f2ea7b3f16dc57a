"""Forgotten passwords: the mail and its link, and that strangers learn nothing about accounts."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tests.security.codes import SECOND, is_in, phone_of, post_password, text_of
from tests.security.members import set_password

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

FORGOTTEN = "/forgotten/"


@pytest.fixture
def ada(make_user: Any, settings: Any) -> Any:
    settings.EMAIL_IS_SET_UP = True
    return make_user("Ada", email="Ada@Example.com")


def ask(email: str, **more: Any) -> Any:
    return Client().post(FORGOTTEN, {"email": email}, **more)


def link() -> str:
    return re.search(r"http://testserver(/forgotten/\S+)", mail.outbox[-1].body)[1]


def test_a_link_by_mail_sets_a_new_password_once(ada: Any, log_in: Any) -> None:
    assert FORGOTTEN in text_of(Client().get("/admin/login/"))
    elsewhere, client = log_in(ada), Client()
    ask("ada@example.com")
    assert [sent.to for sent in mail.outbox] == [["Ada@example.com"]]
    address = link()
    assert set_password(client, address)["Location"] == "/"
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    assert "no longer valid" in text_of(set_password(Client(), address))
    assert "was changed" in mail.outbox[-1].subject


def test_a_link_ends_after_an_hour(ada: Any, clock: Any) -> None:
    ask("ada@example.com")
    clock.shift(timedelta(hours=1))
    assert Client().get(link()).status_code == 302, "the link still works"
    clock.shift(1)
    assert "no longer valid" in text_of(set_password(Client(), link()))


def test_the_link_does_not_work_as_the_link_of_an_invitation(ada: Any) -> None:
    ask("ada@example.com")
    assert "no longer valid" in text_of(Client().get(link().replace("forgotten", "welcome")))


def test_a_new_password_keeps_the_second_factor(ada: Any) -> None:
    phone_of(ada)
    ask("ada@example.com")
    client = Client()
    assert set_password(client, link())["Location"] == SECOND
    assert not is_in(client)


def test_every_address_gets_the_same_answer(ada: Any, make_user: Any) -> None:
    make_user("Closed", is_active=False)
    make_user("Alone", password=None)
    make_user("command line", is_active=False, password=None, email="")
    mails = ("ada@example.com", "closed@example.com", "alone@example.com", "nobody@example.com", "\u0131da@example.com")
    pages = {re.sub("<strong>.*?</strong>", "", text_of(ask(email))) for email in mails}
    assert len(pages) == 1
    assert len(mail.outbox) == 1


def test_requests_and_mails_are_limited(ada: Any, clock: Any) -> None:
    asked = ("ada@example.com", "ADA@example.com") * 5
    answers = {ask(email, REMOTE_ADDR=f"198.51.100.{i}").status_code for i, email in enumerate(asked)}
    assert (answers, len(mail.outbox)) == ({200}, 3)
    assert [ask(f"{i}@example.com").status_code for i in range(25)] == [200] * 20 + [429] * 5
    clock.shift(timedelta(minutes=15, seconds=1))
    assert ask("ada@example.com").status_code == 200
    assert len(mail.outbox) == 4
    assert post_password("Ada").status_code == 302, "requests for links lock nobody out"


def test_without_mail_the_page_says_whom_to_ask(ada: Any, settings: Any) -> None:
    settings.EMAIL_IS_SET_UP = False
    assert "Ask a superuser for a link" in text_of(Client().get(FORGOTTEN))
    ask("ada@example.com")
    assert not mail.outbox

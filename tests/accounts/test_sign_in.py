"""Guessed passwords: when logins are refused and for how long, who can still log in, and how little is stored."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from tests.security.conftest import Team
from tests.security.members import PASSWORD as NEW_PASSWORD

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
RIGHT = {"username": "root", "password": "a long password"}
OFFICE, ELSEWHERE = "203.0.113.5", "198.51.100.7"
QUARTER = timedelta(minutes=15, seconds=1)
HOSTILE = {
    "User-Agent": "\N{PILE OF POO}".encode().decode("latin-1") * 1000,
    "Accept": "text/html;" * 1000,
    "Accept-Language": "x" * 4000,
}


def log_in(address: str = OFFICE, name: str = "root", password: str = "wrong", client: Any = None, **more: Any) -> Any:
    """Posts the login form from this IP address, by default with a browser that has no cookies."""
    form = {"username": name, "password": password}
    return (client or Client()).post(LOGIN, form, REMOTE_ADDR=address, **more)


def let_in(address: str = OFFICE, client: Any = None) -> bool:
    return log_in(address, client=client, password=RIGHT["password"]).status_code == 302


def spray(address: str = OFFICE, names: int = 40) -> list[int]:
    return [log_in(address, f"name{i}").status_code for i in range(names)]


def browser_of_root(address: str = OFFICE) -> Client:
    """Returns a browser in which root has logged in and out."""
    client = Client()
    assert let_in(address, client)
    client.post("/admin/logout/")
    return client


def stored_rows() -> list[tuple[Any, ...]]:
    """Returns all rows in the tables of failed logins and sessions, and in the audit log."""
    ours = (apps.get_model("widgets", name) for name in ("Session", "AuditEntry"))
    models = (*apps.get_app_config("axes").get_models(), *ours)
    return [row for model in models for row in model.objects.order_by("pk").values_list()]


def test_a_hundred_wrong_passwords_leave_little_behind(superuser: Any) -> None:
    for i in range(100):
        name = "root" if i % 2 else f"{i:03}{chr(0x1F4A9) * 147}"
        form = {"username": name, "password": "wrong" * 900, "more": "y" * 9000, "this_is_the_login_form": "1"}
        Client().post(f"{LOGIN}?next=/{'z' * 9000}", form, REMOTE_ADDR=OFFICE, headers=HOSTILE)
    assert 0 < sum(len(str(value).encode()) for row in stored_rows() for value in row) < 60_000


def test_attempts_during_a_lockout_write_nothing(superuser: Any) -> None:
    spray()
    before = stored_rows()
    assert log_in().status_code == 429
    assert log_in(name="somebody new").status_code == 429
    assert stored_rows() == before


def test_a_lockout_ends_though_somebody_goes_on_trying(superuser: Any, clock: Any, settings: Any) -> None:
    for _ in range(settings.AXES_FAILURE_LIMIT):
        log_in()
    for _ in range(14):
        clock.shift(60)
        assert log_in().status_code == 429
    clock.shift(61)
    assert let_in()


def test_many_names_from_one_address_are_refused_for_a_quarter_of_an_hour(superuser: Any, clock: Any) -> None:
    answers = spray()
    assert answers[:20] == [200] * 20, "twenty mistakes from one address are no attack"
    assert answers[-10:] == [429] * 10
    assert not let_in()
    assert let_in(ELSEWHERE)
    clock.shift(QUARTER)
    assert let_in()


def test_one_ipv6_network_is_one_visitor(superuser: Any) -> None:
    same_name = [log_in(f"2001:db8:1:2::{i:x}").status_code for i in range(30)]
    assert same_name[-1] == 429
    other_names = [log_in(f"2001:db8:1:3:{i:x}::1", f"name{i}").status_code for i in range(30)]
    assert other_names[-1] == 429
    assert not let_in("2001:db8:1:3:ffff::1")
    assert let_in("2001:db8:1:4::1")


def test_ipv4_addresses_on_an_ipv6_socket_are_visitors_of_their_own(superuser: Any) -> None:
    spray(f"::ffff:{OFFICE}")
    assert not let_in(OFFICE)
    assert let_in(f"::ffff:{ELSEWHERE}")


@pytest.mark.parametrize("address", ["", "unix:", "fe80::1%eth0"])
def test_a_missing_or_unusual_ip_address_is_counted_too(superuser: Any, address: str) -> None:
    assert spray(address)[-1] == 429


def test_a_known_browser_can_log_in_while_somebody_guesses(superuser: Any) -> None:
    mine = browser_of_root()
    spray()
    for _ in range(30):
        log_in()
    assert not let_in(), "a new browser is refused"
    assert let_in(client=mine)


def test_a_known_browser_may_not_guess_either(superuser: Any, acme: Team, settings: Any, clock: Any) -> None:
    mine = browser_of_root()
    for i in range(settings.AXES_FAILURE_LIMIT):
        answer = log_in(f"198.51.100.{i}", client=mine)
    assert answer.status_code == 429
    assert not let_in(client=mine)
    assert let_in(), "failures in the known browser lock nobody else out"
    for i in range(40):
        answer = log_in(name=f"name{i}", client=mine)
    assert answer.status_code == 429, "the browser is known for one name only"
    clock.shift(QUARTER)
    assert let_in(client=mine)


def test_the_cookie_of_a_known_browser_can_not_be_forged(superuser: Any, acme: Team) -> None:
    theirs = Client()
    assert log_in(name="Acme-viewer", password="a long password", client=theirs).status_code == 302
    (name,) = set(theirs.cookies) - {"sessionid", "csrftoken"}
    theirs.post("/admin/logout/")
    spray()
    assert not let_in(client=theirs)
    forged = Client()
    for value in ("x", "x:y:z", theirs.cookies[name].value + "x", "\x00", "x" * 4000):
        forged.cookies[name] = value
        assert not let_in(client=forged)


def test_the_cookie_goes_to_the_login_page_only(superuser: Any) -> None:
    client = Client()
    let_in(client=client)
    (name,) = set(client.cookies) - {"sessionid", "csrftoken"}
    cookie = client.cookies[name]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (LOGIN, True, "Lax")
    assert "root" not in cookie.value
    assert not set(log_in().cookies) & {name, "sessionid"}, "a failed login sets no cookie"


def test_logging_in_to_ones_own_account_allows_no_more_guesses(superuser: Any, acme: Team) -> None:
    """A successful login resets the count of failures for that person only, not the count for the IP address."""
    refused = 0
    for i in range(40):
        refused += log_in(name=f"name{i}").status_code == 429
        log_in(name="Acme-viewer", password="a long password")
    assert refused >= 10
    for _ in range(9):
        assert log_in(ELSEWHERE).status_code == 200
    assert let_in(ELSEWHERE)
    for _ in range(9):
        assert log_in(ELSEWHERE).status_code == 200


def test_a_lockout_does_not_affect_people_who_are_logged_in(superuser: Any, acme: Team) -> None:
    client = Client(REMOTE_ADDR=OFFICE)
    client.post(LOGIN, RIGHT)
    spray()
    for page in ("/", "/admin/", f"/admin/widgets/widget/{acme.widget.pk}/change/", "/admin/password_change/"):
        assert client.get(page).status_code == 200
    assert client.get(f"/w/{acme.widget.slug}.csv").status_code == 200


def change_password(client: Client, old: str, **more: Any) -> Any:
    return client.post("/admin/password_change/", {"old_password": old, **NEW_PASSWORD}, **more)


def test_a_stolen_session_does_not_guess_the_password(superuser: Any, settings: Any, clock: Any) -> None:
    thief, owner = Client(), Client()
    for client in (thief, owner):
        client.post(LOGIN, RIGHT)
    answers = [change_password(thief, f"wrong{i}", REMOTE_ADDR=f"198.51.100.{i}").status_code for i in range(20)]
    assert answers == [200] * (settings.AXES_FAILURE_LIMIT - 1) + [429] * (21 - settings.AXES_FAILURE_LIMIT)
    assert change_password(thief, RIGHT["password"]).status_code == 429
    assert thief.get("/admin/password_change/").status_code == 200
    assert change_password(owner, "").status_code == 200
    assert change_password(owner, RIGHT["password"]).status_code == 302, "the owner can, in another session"
    assert thief.get("/admin/").status_code == 302, "the new password ends the thief's session"

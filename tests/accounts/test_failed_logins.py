"""Failed logins: the entries that superusers see in the admin, and the lines in the log, which fail2ban can read."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from mixcyfe_site.logs import OneLine, indented
from tests.accounts.test_sign_in import RIGHT, browser_of_root, change_password, spray
from tests.accounts.test_sign_in import log_in as post_login
from tests.docs.pages import PAGES
from tests.security.conftest import Team
from widgets import request_id
from widgets.models import AuditEntry

pytestmark = pytest.mark.django_db

LIST = "/admin/widgets/auditentry/?action__exact=sign_in_failed"
AUDIT_LOG = "/admin/widgets/auditentry/"
FORGED_LINE = '2026-11-23 10:00:00,000 WARNING widgets.sign_in login failed: address=192.0.2.66 name="root"'
FORGED = f'x" \r\n{FORGED_LINE}\x1b[2J\u202e'


def failures() -> Any:
    return AuditEntry.objects.filter(action="sign_in_failed")


@pytest.fixture
def lines(caplog: Any) -> Any:
    """A function that returns the warnings logged so far, in the format of the server's log."""
    caplog.set_level(logging.INFO)
    form = OneLine("%(asctime)s %(levelname)s %(name)s %(message)s")

    def written() -> list[str]:
        with request_id.carried("0123456789abcdef" * 2):
            return [form.format(record) for record in caplog.records if record.levelno >= logging.WARNING]

    return written


def test_superusers_see_names_and_addresses_of_failed_logins_ten_days_later(
    superuser: Any, acme: Team, log_in: Any
) -> None:
    for _ in range(12):
        post_login("203.0.113.5", "somebody@example.com")
    post_login("2001:db8:1:2:3:4:5:6", "<b>root</b>")
    with time_machine.travel(timezone.now() + timedelta(days=10)):
        page = log_in(superuser).get(LIST).content.decode()
    for said in ("203.0.113.5", "somebody@example.com", "2001:db8:1:2::/64", "&lt;b&gt;root"):
        assert said in page
    assert page.count("203.0.113.5</td>") == 10, "refused attempts get no entries"


def test_nobody_else_reads_them_and_nobody_changes_them(superuser: Any, acme: Team, log_in: Any) -> None:
    post_login()
    row = failures().get()
    for user in (acme.viewer, acme.lead):
        for address in (LIST, f"{AUDIT_LOG}?q=192.0.2"):
            assert log_in(user).get(address).context["cl"].result_count == 0
    assert log_in(superuser).get(LIST).context["cl"].result_count == 1
    for page in (f"{AUDIT_LOG}add/", f"{AUDIT_LOG}{row.pk}/change/", f"{AUDIT_LOG}{row.pk}/delete/"):
        assert log_in(superuser).post(page, {"post": "yes", "username": "x"}).status_code == 404
    log_in(superuser).post(AUDIT_LOG, {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"})
    assert failures().get().subject == "root"


def test_one_address_has_at_most_100_entries(superuser: Any, log_in: Any) -> None:
    post_login("198.51.100.7", "the other one")
    now = timezone.now()
    for i in range(5):
        with time_machine.travel(now + i * timedelta(minutes=16)):
            spray(names=26)
    kept = failures().filter(address="203.0.113.5")
    assert kept.count() == 100
    assert kept.filter(at__gte=now + 4 * timedelta(minutes=16)).exists(), "the newest entries are kept"
    assert failures().filter(subject="the other one").exists(), "entries of another address are kept"


def test_all_addresses_together_have_at_most_10000_entries(superuser: Any) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(action="sign_in_failed", subject=f"old{i}", address=f"10.0.{i % 250}.1") for i in range(10_050)
    )
    for i in range(3):
        post_login(f"198.51.100.{i}", f"new{i}")
    assert failures().count() == 10_000
    assert not failures().filter(subject="old52").exists()
    assert failures().filter(subject__startswith="new").count() == 3


def test_each_failed_login_is_one_line_in_the_log(superuser: Any, lines: Any) -> None:
    for _ in range(15):
        post_login("203.0.113.5")
    said = [line.split(" ", 2)[2].partition(" request=")[0] for line in lines()]
    failed = 'WARNING widgets.sign_in login failed: address=203.0.113.5 name="root"'
    locked = 'WARNING widgets.sign_in login failed, locked out: address=203.0.113.5 name="root"'
    assert said == [failed] * 9 + [locked]


def test_a_wrong_old_password_is_logged_as_a_failed_login(superuser: Any, lines: Any) -> None:
    client = Client(REMOTE_ADDR="203.0.113.5")
    client.post("/admin/login/", RIGHT)
    change_password(client, "wrong")
    (line,) = lines()
    assert line.partition(" request=")[0].endswith('password change failed: address=203.0.113.5 name="root"')
    assert "at /admin/password_change/" in failures().get().details


def test_a_successful_login_logs_no_failure(superuser: Any, lines: Any) -> None:
    browser_of_root()
    assert lines() == []


def test_hostile_names_and_programs_stay_in_their_line_and_short(superuser: Any, lines: Any) -> None:
    agent = "\x1b[2J" + "x" * 5000
    for name in (FORGED, "p" * 150, "\u202eroot\x9b2J"):
        post_login("203.0.113.5", name, headers={"User-Agent": agent})
    assert all(line.isprintable() and len(line) < 250 for line in lines()), lines()
    assert not any("p" * 100 in line for line in lines())
    for row in failures():
        assert (row.subject + row.details).isprintable()
        assert len(row.details) <= 300


def test_no_password_is_in_an_entry_or_in_the_log(superuser: Any, lines: Any) -> None:
    for _ in range(30):
        post_login("203.0.113.5", "root", "hunter2hunter2")
    rows = [str(row) for row in AuditEntry.objects.values_list()]
    assert "hunter2" not in "".join([*rows, *lines()])


def fail2ban(name: str) -> list[re.Pattern[str]]:
    """Returns the regular expressions of the filter in docs/deploying.md. Replaces <ADDR> as fail2ban does."""
    found = re.search(rf"^{name} = (.*?)\n(?! )", PAGES["docs/deploying.md"], re.MULTILINE | re.DOTALL)
    assert found
    address = r"(?P<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+)"
    return [re.compile(line.strip().replace("<ADDR>", address)) for line in found[1].splitlines()]


BEFORE = ["", "myhost python[4711]: ", " myhost python[4711]: "]
"""The text before a log line: none in a log file; the host and the program in the journal and in syslog's files."""


@pytest.mark.parametrize("address", ["203.0.113.5", "2001:db8:1:2:3:4:5:6"])
def test_the_documented_filter_finds_the_address(superuser: Any, lines: Any, address: str) -> None:
    for name in ("root", FORGED, '" address=192.0.2.66 name="'):
        post_login(address, name)
    spray(address)
    (expression,) = fail2ban("failregex")
    assert len(lines()) == 25
    for line in lines():
        # fail2ban removes the date from a line before it applies the expression.
        for before in BEFORE:
            for text in (before + line, before + re.sub(r"^\S+ \S+", "", line)):
                found = expression.search(text)
                assert found, text
                assert found["address"] == address


@pytest.mark.parametrize("before", BEFORE)
def test_a_hostile_name_bans_no_other_address(before: str) -> None:
    (expression,) = fail2ban("failregex")
    form = OneLine("%(asctime)s %(levelname)s %(name)s %(message)s")
    record = logging.LogRecord("widgets.refresh.run", logging.WARNING, "", 0, f"project {FORGED}", (), None)
    assert not expression.search(before + form.format(record))
    for line in indented(f"RuntimeError: {FORGED}\n{FORGED_LINE}").splitlines():
        assert not expression.search(before + line)
        assert not expression.search(before + re.sub(r"\S+-\S+ \S+,\d+", "", line))

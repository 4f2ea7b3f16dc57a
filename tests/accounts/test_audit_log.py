"""The audit log: its entries, who may read them, exports, the removal of old entries, and that no entry can change."""

import csv
import json
import logging
from datetime import timedelta
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from fake_mixpanel.fake import DEMO_SECRET
from tests.admin.typed_project import WHOLE, change
from tests.conftest import new_project
from tests.security.conftest import MARK, Team
from tests.security.members import ada, invite
from widgets.accounts import audit_log
from widgets.admin import audit_export
from widgets.admin import audit_log as page_of_log
from widgets.models import Action, AuditEntry, Project, SharedBoard, Widget

pytestmark = pytest.mark.django_db
LOG, WIDGETS = "/admin/widgets/auditentry/", "/admin/widgets/widget/"
PASSWORD = "a long password"


def newest(count: int = 1) -> list[tuple[str, str, str, str]]:
    """Returns (action, actor, project, details) of the newest `count` entries, the newest first."""
    return list(AuditEntry.objects.values_list("action", "actor", "project", "details")[:count])


def exported(client: Client, kind: str = "jsonl", **query: str) -> str:
    address = f"{LOG}export/{kind}/?" + "&".join(f"{name}={value}" for name, value in query.items())
    return client.post(address).getvalue().decode()


def test_it_says_who_signed_in_and_out_from_where(superuser: Any) -> None:
    client = Client(REMOTE_ADDR="2001:db8:1:2:3:4:5:6", headers={"User-Agent": "Firefox\r\n\u202e"})
    client.post("/admin/login/", {"username": "root", "password": PASSWORD})
    client.post("/admin/logout/")
    out, into = AuditEntry.objects.all()[:2]
    assert [(each.action, each.actor, each.address, each.subject) for each in (into, out)] == [
        ("signed_in", "root", "2001:db8:1:2::/64", "root"),
        ("signed_out", "root", "2001:db8:1:2::/64", "root"),
    ]
    assert into.details.startswith("With password; User-Agent: Firefox")
    assert into.details.isprintable()


def test_changes_of_accounts_are_entries(superuser: Any, acme: Team, log_in: Any) -> None:
    client = log_in(superuser)
    new = {
        "old_password": PASSWORD,
        "new_password1": "unheard-of violet owls",
        "new_password2": "unheard-of violet owls",
    }
    client.post("/admin/password_change/", new)
    assert newest() == [("password", "root", "", "")]
    client.post("/account/sessions/end/")
    client.post(f"/admin/auth/user/{acme.viewer.pk}/leave/")
    assert [entry[:3] for entry in newest(3)] == [
        ("removed", "root", ""),
        ("removed", "root", "Acme"),
        ("sessions_ended", "root", ""),
    ]
    stored = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert PASSWORD not in stored
    assert "violet owls" not in stored


def test_credentials_are_named_and_never_quoted(superuser: Any, acme: Team, log_in: Any) -> None:
    typed = WHOLE | {"username": "another.account", "new_secret": "another secret"}
    assert log_in(superuser).post(change(acme.project), typed).status_code == 302
    ((action, actor, project, details),) = newest()
    assert (action, actor, project) == ("credentials", "root", "Acme")
    assert "Secret: replaced" in details
    stored = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert not any(secret in stored for secret in (DEMO_SECRET, "another.account", "another secret"))


def test_it_names_shared_boards_and_moves_without_their_secrets(acme: Team, log_in: Any) -> None:
    client, second = log_in(acme.editor), new_project(name="Second", project_id=5)
    second.members.add(acme.editor)
    client.post(f"/shared/new?project={acme.project.pk}")
    board = SharedBoard.objects.get()
    client.post(f"/shared/{board.pk}/end")
    assert [entry[:3] for entry in newest(2)] == [
        ("board_ended", "Acme-editor", "Acme"),
        ("board_shared", "Acme-editor", "Acme"),
    ]
    ticked = {
        "action": "move",
        "_selected_action": [str(acme.widget.pk)],
        "project": str(second.pk),
        "confirmed": "yes",
    }
    client.post(WIDGETS, ticked)
    assert [entry[:3] for entry in newest(2)] == [("moved", "Acme-editor", "Second"), ("moved", "Acme-editor", "Acme")]
    stored = json.dumps(list(AuditEntry.objects.values()), default=str)
    assert board.token not in stored
    assert acme.widget.slug not in stored


def test_commands_make_entries(acme: Team, capsys: Any) -> None:
    call_command("export_widgets")
    call_command("rotate_encryption_keys")
    assert newest(2) == [
        ("keys_rotated", "command line", "", "Secrets: 1."),
        ("exported", "command line", "", "All projects and widgets with their addresses, without secrets."),
    ]


def test_entries_outlive_their_accounts_projects_and_widgets(superuser: Any, acme: Team, log_in: Any) -> None:
    client = log_in(superuser)
    audit_log.log_change(acme.lead, acme.widget, "Paused.")
    Widget.objects.all().delete()
    assert client.post(f"/admin/widgets/project/{acme.project.pk}/delete/", {"post": "yes"}).status_code == 302
    acme.lead.delete()
    assert newest(2) == [("deleted", "root", "Acme", ""), ("changed", "Acme-lead", "Acme", "Paused.")]
    assert "Acme" in client.get(LOG, {"q": "Acme"}).content.decode()


def test_members_read_their_projects_entries_without_ip_addresses(
    acme: Team, hooli: Team, superuser: Any, log_in: Any
) -> None:
    with_network = Client(REMOTE_ADDR="203.0.113.77")
    with_network.force_login(superuser, backend="django.contrib.auth.backends.ModelBackend")
    for team in (acme, hooli):
        with_network.post(WIDGETS, {"action": "pause", "_selected_action": [str(team.widget.pk)]})
    for user in (acme.lead, acme.editor, acme.viewer):
        client = log_in(user)
        for text in (client.get(LOG).content.decode(), *(exported(client, kind) for kind in ("csv", "jsonl"))):
            assert "Paused." in text
            assert MARK not in text
            assert "203.0.113" not in text
        for query in ({"q": "203.0.113"}, {"project": hooli.project.pk}, {"person": hooli.lead.pk}):
            assert client.get(LOG, query).context["cl"].result_count == 0
    for text in (log_in(superuser).get(LOG).content.decode(), exported(log_in(superuser))):
        assert MARK in text
        assert "203.0.113.77" in text


def test_an_export_has_the_filtered_entries_and_is_itself_an_entry(
    superuser: Any, acme: Team, log_in: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(audit_export, "BATCH", 3)
    for number in range(7):
        audit_log.log_change(acme.editor, acme.widget, f"Change {number}.")
    client = log_in(superuser)
    rows = [json.loads(line) for line in exported(client, action__exact="changed").splitlines()]
    assert [row["details"] for row in rows] == [f"Change {number}." for number in reversed(range(7))]
    assert newest() == [("exported", "root", "", "The audit log as JSON lines. Filters: action__exact=changed")]
    assert client.post(f"{LOG}export/csv/?nonsense=1").status_code == 302
    assert client.post(f"{LOG}export/pdf/").status_code == 404


@pytest.mark.parametrize("text", ["=cmd()", "x;=cmd()", 'x";=cmd()', "x\n=cmd()", "x\r\n;+1", "\t=1", "＝1"])
def test_no_cell_is_a_formula(superuser: Any, acme: Team, log_in: Any, text: str) -> None:
    audit_log.record(Action.CHANGED, text, text, by=superuser)
    AuditEntry(action="changed", subject=text, details=text).save()  # older releases stored texts unchanged
    for row in csv.reader(StringIO(exported(log_in(superuser), "csv"))):
        for cell in row:
            assert cell.isprintable()
            for part in cell.replace('"', "").split(";"):
                assert not part.strip().startswith(("=", "+", "-", "@", "＝"))


def test_hostile_text_is_harmless_and_short(superuser: Any, acme: Team, log_in: Any) -> None:
    audit_log.record(Action.CHANGED, "<b>x</b>\x00\x1b[2J\u202e" + "y" * 900, "<i>" + "z" * 9000, by=superuser)
    entry = AuditEntry.objects.all()[0]
    assert (len(entry.subject), len(entry.details)) == (200, 4000)
    assert entry.subject.isprintable()
    page = log_in(superuser).get(LOG).content.decode()
    assert "<b>x" not in page
    assert "<i>z" not in page
    half = "\ud800"  # half of a character: an import or the name of a passkey can contain it
    audit_log.record(Action.CHANGED, half, half, by=superuser)
    assert newest()[0][3] == "\\ud800"


def test_nothing_changes_an_entry(acme: Team) -> None:
    entry = audit_log.record(Action.CHANGED, acme.widget, "Paused.")
    for attempt in (lambda: AuditEntry.objects.update(actor="x"), entry.save):
        with pytest.raises(TypeError):
            attempt()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE widgets_auditentry SET actor = 'x'")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError), transaction.atomic():
            AuditEntry.objects.all().delete()


def test_clean_up_removes_old_entries(db: None, capsys: Any) -> None:
    now = timezone.now()
    for action, days in (("changed", 399), ("changed", 401), ("sign_in_failed", 89), ("sign_in_failed", 91)):
        AuditEntry(action=action, at=now - timedelta(days=days), details=str(days)).save()
    call_command("clean_up")
    assert [entry[3] for entry in newest(9)] == ["Removed 2 old entries of the audit log.", "89", "399"]


def test_a_change_is_undone_if_its_entry_can_not_be_stored(acme: Team, log_in: Any, monkeypatch: Any) -> None:
    client = log_in(acme.lead)
    client.raise_request_exception = False

    def full(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(f'INSERT INTO "{AuditEntry._meta.db_table}"'):
            raise DatabaseError("database or disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(full):
        address = f"/admin/widgets/project/{acme.project.pk}/members/{acme.viewer.pk}/role/"
        assert client.post(address, {"role": "lead"}).status_code == 500
        assert acme.viewer.memberships.get().role == "viewer"
        assert invite(client, acme).status_code == 500
        assert ada() is None
        address = f"/admin/widgets/project/{acme.project.pk}/notices/"
        assert client.post(address, {"action": "when", "notify_after_minutes": "5"}).status_code == 500
        assert Project.objects.get(pk=acme.project.pk).notify_after_minutes == 60
        listed = {"projects": [{"name": "New", "project_id": 77, "username": "u"}]}
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(json.dumps(listed).encode())))
        with pytest.raises(DatabaseError):
            call_command("import_widgets", "-")
        assert not Project.objects.filter(name="New").exists()
        login = {"username": "Acme-viewer", "password": PASSWORD}
        assert Client().post("/admin/login/", login).status_code == 302, "people can still log in"
        elsewhere = log_in(acme.editor)
        acme.editor.set_password("another long password")
        acme.editor.save()
        assert elsewhere.get("/").status_code == 302, "a new password ends the sessions"


def test_lines_of_json_go_to_the_log_after_the_commit(
    acme: Team, caplog: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level(logging.INFO, "widgets.audit")
    with django_capture_on_commit_callbacks(execute=True):
        audit_log.record(Action.CHANGED, "x\n\u2028\x1b[2J", "\n".join(("é", "b")))
        assert caplog.records == []
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["details"] == "é\nb"


def test_its_page_counts_no_more_than_it_shows(
    superuser: Any, log_in: Any, monkeypatch: Any, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(page_of_log, "MOST", 150)
    AuditEntry.objects.bulk_create(AuditEntry(action="changed", details=str(number)) for number in range(300))
    client = log_in(superuser)
    with django_assert_max_num_queries(12):
        page = client.get(LOG)
    assert page.context["cl"].result_count == 150
    assert "the newest 150 entries" in page.content.decode()
    assert client.get(LOG, {"p": "2"}).context["cl"].result_list[0].details == "200"
    empty = client.get(LOG, {"q": "nothing like this"}).content.decode()
    assert "No entry matches." in empty

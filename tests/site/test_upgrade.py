"""Upgrades: after all migrations, the data of the first release is there, and polls are answered."""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import JSONField, Value

from fake_mixpanel.dataset import DEMO_SECRET
from tests.commands.copy import Copy
from widgets.models import Project, Widget

pytestmark = pytest.mark.slow

RELEASE = Path(__file__).parents[1] / "data" / "release_1_0"
KEYS_OF_RELEASE = {
    "SECRET_KEY": "B2Luftc60Ig9o2F1XV9KDBdLkYZJHVwvkQHpM5WLE5hVGPMZLGZZqOFtPOBSCHbz",
    "FIELD_ENCRYPTION_KEYS": "kRsRXMK_vRbGxZPzOl-Vmu2Uaj68zM2KNio2z-z_Ov0=",
    # No server listens here, so all answers come from stored data.
    "MIXPANEL_API_ROOT": "http://127.0.0.1:1/api",
    "POLL_WAIT": "0",
}
POLL_ALL = """
import django, json, sys; django.setup()
from django.test import Client
from widgets.models import Project, Rendering, Snapshot, Widget
def poll(path):
    answer = Client().get("/w/" + path, headers={"Host": "127.0.0.1"})
    return answer.content.decode() if answer.status_code == 200 else answer.status_code
paths = json.loads(sys.stdin.read())
stored = {path: poll(path) for path in paths}
Rendering.objects.all().delete()
print(json.dumps({
    "stored": stored, "laid out again": {path: poll(path) for path in paths},
    "asked anew": [w.pk for w in Widget.objects.all() if w.snapshot_id and
                   Snapshot.objects.of(w.project, w.query).pk != w.snapshot_id],
    "secret": Project.objects.first().secret.reveal(), "undated": Snapshot.objects.filter(due_at=None).count(),
}))
"""

SETTINGS = {"DJANGO_SETTINGS_MODULE": "mixcyfe_site.settings", **KEYS_OF_RELEASE}
EXPECTED = json.loads((RELEASE / "answers.json").read_text())


def upgraded(folder: Path, *statements: str) -> Copy:
    """A site with the database of 1.0 after these SQL statements and all migrations."""
    site = Copy(folder)
    restore(folder, *statements)
    done = site.manage("migrate", "--no-input", **KEYS_OF_RELEASE)
    assert done.returncode == 0, done.stderr
    return site


def restore(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        database.executescript(";".join([(RELEASE / "database.sql").read_text(), *statements]))


def rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "db.sqlite3")) as database:
        return database.execute(statement).fetchall()


def poll_all(site: Copy) -> dict[str, Any]:
    done = site.run(sys.executable, "-c", POLL_ALL, stdin=json.dumps(list(EXPECTED)), **SETTINGS)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_it_answers_the_same_bytes_from_the_database_of_1_0(tmp_path: Path) -> None:
    found = poll_all(upgraded(tmp_path))
    assert found["secret"] == DEMO_SECRET
    assert found["undated"] == 0
    assert found["asked anew"] == [], "a query has another key, so a site would query Mixpanel again"
    for path, body in EXPECTED.items():
        for way in ("stored", "laid out again"):
            assert as_fresh(found[way][path]) == as_fresh(body), (path, way)


NEEDS_CLASSIC = {
    "a saved funnel": ("report = 'funnel'", "active = 1"),
    "a breakdown": ("id = 1", """breakdown = 'properties["plan"]'"""),
    "a condition": ("id = 4", """"where" = 'properties["n"] > 1'"""),
    "two years by day": ("id = 2", "last = 730"),
}
"""Project name → (SQL condition of its widget, SQL change of the widget)."""

OF_WIDGETS = """SELECT widgets_widget.id, report, snapshot_id, report_json, fetched_at FROM widgets_widget
    JOIN widgets_snapshot ON widgets_snapshot.id = snapshot_id ORDER BY widgets_widget.id"""


def move_to_own_projects() -> Iterator[str]:
    yield "CREATE TEMP TABLE copy AS SELECT * FROM widgets_project"
    for pk, (name, (which, change)) in enumerate(NEEDS_CLASSIC.items(), 2):
        yield f"UPDATE copy SET id = {pk}, project_id = {pk}, name = '{name}'"
        yield "INSERT INTO widgets_project SELECT * FROM copy"
        yield f"UPDATE widgets_widget SET project_id = {pk}, snapshot_id = NULL, {change} WHERE {which}"


def test_projects_go_over_to_insights_unless_a_widget_needs_the_classic_endpoints(tmp_path: Path) -> None:
    (old := tmp_path / "old").mkdir()
    restore(old, *move_to_own_projects())
    site = upgraded(tmp_path, *move_to_own_projects())
    engines = dict(rows(tmp_path, "SELECT name, engine FROM widgets_project"))
    assert engines == {"Acme (demo)": "insights", **dict.fromkeys(NEEDS_CLASSIC, "classic")}

    before, after = rows(old, OF_WIDGETS), rows(tmp_path, OF_WIDGETS)
    assert [(each[0], *each[3:]) for each in before] == [(each[0], *each[3:]) for each in after], (
        "widgets keep the last good answer"
    )
    asked_anew = {now[1] for then, now in zip(before, after, strict=True) if then[2] != now[2]}
    assert asked_anew == {"events", "segmentation", "sum"}
    not_due = {
        pk
        for (pk,) in rows(
            tmp_path, "SELECT id FROM widgets_snapshot WHERE due_at > strftime('%Y-%m-%d %H:%M:%f', 'now')"
        )
    }
    assert not not_due & ({each[2] for each in after} - {each[2] for each in before}), "new snapshots are due"
    assert len({each[2] for each in after}) == len({each[2] for each in before}), "equal queries share a snapshot"

    found = poll_all(site)
    assert found["asked anew"] == [], "the migration stored a query that no widget has"
    kept = {path: body for path, body in EXPECTED.items() if isinstance(found["stored"][path], str)}
    # Each moved widget has a CSV and a JSON.
    assert len(EXPECTED) - len(kept) == 2 * len(NEEDS_CLASSIC)
    for path, body in kept.items():
        for way in ("stored", "laid out again"):
            assert as_fresh(found[way][path]) == as_fresh(body), (path, way)


PEOPLE = {
    "edda": (("staff",), "editors", (), "editor"),
    "vera": (("staff",), "viewers", (), "viewer"),
    "mona": (("staff",), "viewers", ("change_project",), "lead"),
    "hand": (("staff",), "", ("view_widget", "change_widget"), "editor"),
    "otto": (("staff",), "Analysts", (), "editor"),
    "adda": (("staff",), "", ("add_widget", "add_project", "add_user"), "viewer"),
    "none": (("staff",), "", (), "viewer"),
    "nina": ((), "editors", ("change_project",), "viewer"),
    "gone": (("staff", "closed"), "editors", (), "editor"),
    "root": (("superuser",), "", (), "lead"),
}
"""User of 1.0 → flags, group, permissions set by hand, and the resulting role. In 1.0, only staff had permissions."""

RIGHT = "(SELECT id FROM auth_permission WHERE codename = '{}')"


def with_people() -> Iterator[str]:
    """SQL that adds members of project 1, a permission to a group of 1.0, and a new group."""
    yield "INSERT INTO auth_group VALUES (3, 'Analysts')"
    for group, right in ((2, "view_user"), (3, "change_widget")):
        yield f"INSERT INTO auth_group_permissions (group_id, permission_id) VALUES ({group}, {RIGHT.format(right)})"
    groups = {"editors": 1, "viewers": 2, "Analysts": 3}
    for pk, (name, (flags, group, rights, _)) in enumerate(PEOPLE.items(), 11):
        values = f"{pk}, '!', NULL, {'superuser' in flags:d}, '{name}', '', '', {'staff' in flags:d}"
        yield f"INSERT INTO auth_user VALUES ({values}, {'closed' not in flags:d}, '2026-11-01', '')"
        yield f"INSERT INTO widgets_project_members (id, project_id, user_id) VALUES ({pk * 2}, 1, {pk})"
        if group:
            yield f"INSERT INTO auth_user_groups (user_id, group_id) VALUES ({pk}, {groups[group]})"
        for right in rights:
            columns = "auth_user_user_permissions (user_id, permission_id)"
            yield f"INSERT INTO {columns} VALUES ({pk}, {RIGHT.format(right)})"


def test_members_get_the_role_that_their_rights_made(tmp_path: Path) -> None:
    upgraded(tmp_path, *with_people())
    found = rows(
        tmp_path,
        """SELECT m.id, username, role FROM widgets_project_members m JOIN auth_user u ON u.id = user_id
        WHERE project_id = 1 ORDER BY m.id""",
    )
    expected = [(pk * 2, name, role) for pk, (name, (*_, role)) in enumerate(PEOPLE.items(), 11)]
    assert found == expected, "the rows of 1.0 keep their ids"
    assert rows(tmp_path, "SELECT name FROM auth_group ORDER BY id") == [("Widget viewers",), ("Analysts",)]
    assert rows(tmp_path, "SELECT COUNT(*) FROM auth_user") == [(1 + len(PEOPLE),)]
    with pytest.raises(sqlite3.IntegrityError), closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        database.execute("INSERT INTO widgets_project_members (project_id, user_id, role) VALUES (1, 11, 'lead')")


def with_history() -> Iterator[str]:
    """SQL that adds log entries: changes, a deletion, unreadable entries, a login and a failed login."""
    for pk, (thing, flag, said) in enumerate(
        (
            *(("3", 2, "Paused."), ("4 in project 1", 2, "Resumed."), ("99", 3, ""), ("x", 2, "Odd.")),
            *(("3 in project ²", 2, "[1]"), ("3", 2, '[{"changed": {"fields": [null]}}]'), ("3", 2, "[" * 5000)),
        ),
        1,
    ):
        values = f"{pk}, '{thing}', 'Signups', {flag}, '{said}', 14, 1, '2026-11-0{pk} 12:00:00'"
        yield f"INSERT INTO django_admin_log VALUES ({values})"
    columns = "(user_agent, ip_address, username, http_accept, path_info, attempt_time"
    for table, more, value in (("axes_accesslog", "session_hash", "'x'"), ("axes_accessfailurelog", "locked_out", "0")):
        values = f"'Firefox', '2001:db8::', 'demo', '', '/admin/login/', '2026-11-02 18:00:00', {value}"
        yield f"INSERT INTO {table} {columns}, {more}) VALUES ({values})"


def test_what_was_logged_before_is_in_the_audit_log(tmp_path: Path) -> None:
    upgraded(tmp_path, *with_history())
    columns = "action, actor, project_id, subject, subject_id, address, details"
    assert rows(tmp_path, f"SELECT {columns} FROM widgets_auditentry ORDER BY id") == [
        ("changed", "demo", 1, "Signups", 3, "", "Paused."),
        ("changed", "demo", 1, "Signups", 4, "", "Resumed."),
        ("signed_in", "demo", None, "demo", None, "2001:db8::/64", "Firefox"),
        ("sign_in_failed", "", None, "demo", None, "2001:db8::/64", "Firefox"),
        ("deleted", "demo", None, "Signups", 99, "", ""),
        ("changed", "demo", None, "Signups", None, "", "Odd."),
        ("changed", "demo", 1, "Signups", 3, "", "[1]"),
        ("changed", "demo", 1, "Signups", 3, "", '[{"changed": {"fields": [null]}}]'),
        ("changed", "demo", 1, "Signups", 3, "", "[" * 4000),
    ]
    assert rows(tmp_path, "SELECT COUNT(*) FROM django_admin_log") == [(7,)], "the history of one widget stays"
    with pytest.raises(sqlite3.IntegrityError), closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        database.execute("UPDATE widgets_auditentry SET actor = 'x'")


@pytest.mark.parametrize(
    "odd",
    [{"report": "gone"}, {"report": "sum", "events": []}, {"filters": [1]}, {"options": None}, {"colors": None}, {}],
)
def test_a_row_that_no_form_would_save_stops_no_upgrade(
    project: Project, make_widget: Callable[..., Widget], odd: dict[str, Any]
) -> None:
    make_widget()
    if odd:
        Widget.objects.update(
            **{name: Value(value, JSONField()) if value is None else value for name, value in odd.items()}
        )
    else:
        Project.objects.update(timezone="Mars/Olympus")
    import_module("widgets.migrations.0010_engine_of_old_projects").choose_engines(apps, None)
    assert Project.objects.get().engine == "classic"


def as_fresh(body: str) -> str:
    """The JSON with `stale` set to false, because `stale` depends on today's date."""
    return body.replace('"stale":true', '"stale":false')


def test_no_migration_is_missing(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out

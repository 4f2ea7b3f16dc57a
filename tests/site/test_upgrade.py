"""Upgrades: what the first release stored is there and answers after all migrations."""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from django.core.management import call_command

from fake_mixpanel.dataset import DEMO_SECRET
from tests.commands.copy import Copy

FIRST = "0001_initial"
SLUG = "firstrelease-AAAAAAAAAAAA"
TOKEN = (
    "gAAAAABrA95bqk4Z0EatzaGkqQeFiiwHtbkPai7dMf5xiVaSVdOc46jaiSTLO-0V8lWC8UDriwWGwkWf_g9b9dIL-eDV5UEEQF-"
    "ajyaNhsMeATTXsHa7sEw="
)
KEY = "9427f72ba56b3ab81367666da255d17b5d615475849c8ed6c0e4e7e854f5b707"
"""Of the query below. If it changes, every host asks Mixpanel for everything anew after an upgrade."""

STORE = f"""
import django; django.setup()
from datetime import timedelta
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
call_command("migrate", "widgets", "{FIRST}", verbosity=0)
call_command("migrate", "auth", verbosity=0)
apps = MigrationExecutor(connection).loader.project_state(("widgets", "{FIRST}")).apps
now = timezone.now()
user = apps.get_model("auth", "User").objects.create(username="ann", is_superuser=True, is_staff=True)
project = apps.get_model("widgets", "Project").objects.create(
    name="Acme", region="eu", project_id=2526451, timezone="Europe/Paris", username="acme.mp-service-account",
)
project.members.add(user)
snapshot = apps.get_model("widgets", "Snapshot").objects.create(
    project=project, key="{KEY}", version=1, fetched_at=now, rolls_at=now + timedelta(hours=1),
    question={{"report": "segmentation", "range": {{"kind": "last", "unit": "day", "last": 3, "include_today": False}},
               "on": 'properties["plan"]', "limit": 60, "event": "Signed up", "type": "general"}},
    report_json='{{"shape":"dates","rows":["2026-11-20","2026-11-21","2026-11-22"],"series":'
                '[["Team",[3,0,5],null,""],["Free",[10,20,30],null,""]],"additive":true,'
                '"labels_name":"plan","values_name":"Signed up","computed_at":null}}',
)
apps.get_model("widgets", "Widget").objects.create(
    project=project, title="Signups by plan", slug="{SLUG}", owner=user, report="segmentation", events=["Signed up"],
    breakdown="plan", last=3, colors=["#112233"], snapshot=snapshot, version=1,
)
apps.get_model("widgets", "ApiCall").objects.create(
    project=project, snapshot=snapshot, purpose="poll", what="segmentation Signed up", started_at=now, outcome="ok",
)
with connection.cursor() as cursor:
    cursor.execute("UPDATE widgets_project SET secret = %s", ["{TOKEN}"])
"""
LOOK = f"""
import django, json; django.setup()
from django.test import Client
from widgets.models import *
project = Project.objects.get()
widget = Widget.objects.get()
answer = Client().get("/w/{SLUG}.csv", headers={{"Host": "127.0.0.1"}})
print(json.dumps({{
    "secret": project.secret.reveal(), "members": [user.username for user in project.members.all()],
    "status": answer.status_code, "rows": answer.content.decode().splitlines()[:4], "calls": ApiCall.objects.count(),
    "same query": Snapshot.objects.of(project, widget.report_type.query(widget.spec)).key,
    "owner": widget.owner.username,
}}))
"""


def test_it_keeps_what_the_first_release_stored(tmp_path: Path) -> None:
    site = Copy(tmp_path)
    site.python(STORE)
    upgraded = site.manage("migrate", "--no-input")
    assert upgraded.returncode == 0, upgraded.stderr
    # Nothing listens there: what is answered was stored.
    assert json.loads(site.python(LOOK, MIXPANEL_API_ROOT="http://127.0.0.1:1/api")) == {
        "secret": "s3cret-of-the-first-release",
        "members": ["ann"],
        "status": 200,
        "rows": ["Date,Free,Team", "20261120,10,3", "20261121,20,0", "20261122,30,5"],
        "calls": 1,
        "same query": KEY,
        "owner": "ann",
    }


RELEASE = Path(__file__).parents[1] / "data" / "release_1_0"
KEYS_OF_RELEASE = {
    "SECRET_KEY": "B2Luftc60Ig9o2F1XV9KDBdLkYZJHVwvkQHpM5WLE5hVGPMZLGZZqOFtPOBSCHbz",
    "FIELD_ENCRYPTION_KEYS": "kRsRXMK_vRbGxZPzOl-Vmu2Uaj68zM2KNio2z-z_Ov0=",
    # Nothing listens there: what is answered was stored.
    "MIXPANEL_API_ROOT": "http://127.0.0.1:1/api",
    "POLL_WAIT": "0",
}
POLL_ALL = """
import django, json, sys; django.setup()
from django.test import Client
from widgets.models import Project, Rendering, Snapshot
def poll(path):
    answer = Client().get("/w/" + path, headers={"Host": "127.0.0.1"})
    return answer.content.decode() if answer.status_code == 200 else answer.status_code
paths = json.loads(sys.stdin.read())
stored = {path: poll(path) for path in paths}
Rendering.objects.all().delete()
print(json.dumps({
    "stored": stored, "laid out again": {path: poll(path) for path in paths},
    "secret": Project.objects.get().secret.reveal(), "undated": Snapshot.objects.filter(due_at=None).count(),
}))
"""


def test_it_answers_the_same_bytes_from_the_database_of_1_0(tmp_path: Path) -> None:
    site = Copy(tmp_path)
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as database:
        database.executescript((RELEASE / "database.sql").read_text())
    upgraded = site.manage("migrate", "--no-input", **KEYS_OF_RELEASE)
    assert upgraded.returncode == 0, upgraded.stderr
    expected = json.loads((RELEASE / "answers.json").read_text())
    settings = {"DJANGO_SETTINGS_MODULE": "mixcyfe_site.settings", **KEYS_OF_RELEASE}
    done = site.run(sys.executable, "-c", POLL_ALL, stdin=json.dumps(list(expected)), **settings)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["secret"] == DEMO_SECRET
    assert found["undated"] == 0
    for path, body in expected.items():
        for way in ("stored", "laid out again"):
            assert as_fresh(found[way][path]) == as_fresh(body), (path, way)


def as_fresh(body: str) -> str:
    """JSON tells whether the numbers are stale, which depends on today."""
    return body.replace('"stale":true', '"stale":false')


def test_no_migration_is_missing(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out

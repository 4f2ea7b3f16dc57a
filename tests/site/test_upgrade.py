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
    assert found["asked anew"] == [], "a query has another key: every host would ask Mixpanel for everything again"
    for path, body in expected.items():
        for way in ("stored", "laid out again"):
            assert as_fresh(found[way][path]) == as_fresh(body), (path, way)


def as_fresh(body: str) -> str:
    """JSON tells whether the numbers are stale, which depends on today."""
    return body.replace('"stale":true', '"stale":false')


def test_no_migration_is_missing(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("makemigrations", check=True, dry_run=True)
    assert "No changes detected" in capsys.readouterr().out

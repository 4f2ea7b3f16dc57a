"""/healthz: whether the database answers and has all migrations, for whoever watches the site."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from .commands.copy import KEY, SECRET_KEY, Copy

PASSWORD = "pa55word-of-the-database"
ASK = """
import json, django
django.setup()
from django.test import Client
answer = Client().get("/healthz", headers={"Host": "127.0.0.1"})
print(json.dumps([answer.status_code, answer.content.decode()]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("site"))


def asked(site: Copy, **settings: str) -> tuple[int, Any]:
    status, body = json.loads(site.python(ASK, **settings))
    assert not any(secret in body for secret in (PASSWORD, KEY, SECRET_KEY))
    return status, json.loads(body)


def test_it_is_ok_with_a_database_that_is_up_to_date(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.head("/healthz").status_code == 200
    assert not answer.cookies


def test_it_is_not_ok_while_a_migration_is_missing(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_unapplied("widgets", "0001_initial")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "migrations missing: run manage.py migrate"})


def test_it_is_not_ok_without_tables(site: Copy) -> None:
    status, body = asked(site, DATABASE_URL="sqlite:///new.sqlite3")
    assert (status, body["status"].split(":")[0]) == (503, "migrations missing")


@pytest.mark.parametrize("url", ["sqlite:///broken.sqlite3", f"postgres://mixcyfe:{PASSWORD}@127.0.0.1:1/mixcyfe"])
def test_it_is_not_ok_without_a_database(site: Copy, url: str) -> None:
    (site.folder / "broken.sqlite3").write_bytes(b"this is no database" * 100)
    assert asked(site, DATABASE_URL=url) == (503, {"status": "no database"})


def test_it_answers_a_watcher_on_the_same_machine_without_https(site: Copy) -> None:
    assert site.manage("migrate", "-v0", DATABASE_URL="sqlite:///up.sqlite3").returncode == 0
    https = {"SITE_URL": "https://mixcyfe.example.com", "TRUST_PROXY": "on"}
    assert asked(site, DATABASE_URL="sqlite:///up.sqlite3", **https) == (200, {"status": "ok"})

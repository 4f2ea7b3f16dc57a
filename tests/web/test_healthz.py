"""/healthz for monitoring: with a missing database or migration, with METRICS_TOKEN and without."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from tests.commands.copy import KEY, SECRET_KEY, Copy

PASSWORD = "pa55word-of-the-database"
TOKEN = "a-token-for-prometheus-0123456789"
ASK_WITH_TOKEN = f"""
import json, django
django.setup()
from django.test import Client
bearer = {{"Host": "127.0.0.1", "Authorization": "Bearer {TOKEN}"}}
answers = [Client().get(path, headers=bearer) for path in ("/healthz", "/metrics")]
print(json.dumps([[answer.status_code, answer.content.decode()] for answer in answers]))
"""
ASK = f"""
import json, django
django.setup()
from django.test import Client
bearer = {{"Host": "127.0.0.1", "Authorization": "Bearer {TOKEN}"}}
answers = [Client().get("/healthz", headers=headers) for headers in (bearer, {{"Host": "127.0.0.1"}})]
print(json.dumps([[answer.status_code, answer.content.decode()] for answer in answers]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    return Copy(tmp_path_factory.mktemp("site"), with_database=True)


CASES: list[tuple[dict[str, str], int, str]] = [
    ({"DATABASE_URL": "sqlite:///new.sqlite3"}, 503, "migrations missing: run manage.py migrate"),
    ({"DATABASE_URL": "sqlite:///broken.sqlite3"}, 503, "no database"),
    ({"DATABASE_URL": f"postgres://mixcyfe:{PASSWORD}@127.0.0.1:1/mixcyfe"}, 503, "no database"),
    # Monitoring on the same machine connects without TLS, and is not redirected.
    ({"SITE_URL": "https://mixcyfe.example.com", "TRUST_PROXY": "on"}, 200, "ok"),
]


def test_it_is_ok_with_a_database_that_is_up_to_date(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.head("/healthz").status_code == 200
    assert not answer.cookies


def test_it_is_not_ok_while_a_migration_is_missing(client: Client, db: None) -> None:
    MigrationRecorder(connection).record_unapplied("widgets", "0001_initial")
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ok"}), "strangers get no details"


@pytest.mark.slow
def test_it_says_what_is_wrong_and_no_secret(site: Copy) -> None:
    (site.folder / "broken.sqlite3").write_bytes(b"this is no database" * 100)
    with ThreadPoolExecutor(2) as pool:
        asked = pool.map(lambda case: site.python(ASK, METRICS_TOKEN=TOKEN, **case[0]), CASES)
        answers = [json.loads(answer) for answer in asked]
    for (settings, *right), ((status, body), strangers) in zip(CASES, answers, strict=True):
        assert [status, json.loads(body)["status"]] == right, settings
        assert strangers == [status, '{"status": "ok"}' if status == 200 else '{"status": "not ok"}']
        assert not any(secret in body for secret in (PASSWORD, KEY, SECRET_KEY))


@pytest.mark.slow
def test_requests_with_the_token_get_details_even_without_a_database(site: Copy) -> None:
    lost = f"postgres://mixcyfe:{PASSWORD}@127.0.0.1:1/mixcyfe"
    settings = {"METRICS_TOKEN": TOKEN, "TMPDIR": str(site.folder)}
    healthz, metrics = json.loads(site.python(ASK_WITH_TOKEN, DATABASE_URL=lost, **settings))
    said = json.loads(healthz[1])
    assert (healthz[0], said["status"], said["database"]) == (503, "no database", {"ok": False})
    assert (said["migrations_missing"], said["oldest_overdue_seconds"], said["broker"]) == (None, None, None)
    assert metrics[0] == 200
    assert "mixcyfe_database_up 0.0" in metrics[1]
    assert 'mixcyfe_polls_total{outcome="fresh"} 0.0' in metrics[1]
    assert "mixcyfe_queries_left" not in metrics[1]

    settings["DATABASE_URL"] = "sqlite:///without_tables.sqlite3"
    healthz, metrics = json.loads(site.python(ASK_WITH_TOKEN, **settings))
    assert "widgets.0001_initial" in json.loads(healthz[1])["migrations_missing"]
    assert (metrics[0], "mixcyfe_database_up 0.0" in metrics[1]) == (200, True)
    assert PASSWORD not in f"{healthz}{metrics}"

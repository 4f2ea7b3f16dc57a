"""Backup and restore, as docs/backup-and-upgrade.md says it: the database while polls go on, and the keys."""

import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.running.conftest import NO_POSTGRES
from tests.running.site import ROOT, Site
from widgets.demo.standin import DEMO_SECRET, StandIn

from .commands.copy import Copy
from .commands.test_logs import widgets

NOTHING_THERE = {"MIXPANEL_API_ROOT": "http://127.0.0.1:1/api"}
POLL = """
import django; django.setup()
from django.core.management import call_command
from django.test import Client
from widgets.models import Project, Widget
slug = Widget.objects.get(title="Signups").slug
print(Client().get(f"/w/{slug}.csv", headers={"Host": "127.0.0.1"}).content.decode())
print(Project.objects.get().secret.reveal())
call_command("export_widgets")
"""
PAGE = (ROOT / "docs/backup-and-upgrade.md").read_text()


def command_of_the_page(beginning: str) -> str:
    (command,) = re.findall(rf"^{re.escape(beginning)}.*$", PAGE, re.MULTILINE)
    return command


@pytest.fixture
def mixpanel() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


def test_a_backup_of_sqlite_taken_while_polls_go_on_can_be_restored(tmp_path: Path, mixpanel: StandIn) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    site = Copy(old, with_database=True)
    site.manage("import_widgets", "-", stdin=widgets())
    polled = site.python(POLL, MIXPANEL_API_ROOT=mixpanel.url)
    over = threading.Event()
    writer = threading.Thread(target=write_all_the_time, args=(old / "db.sqlite3", over))
    writer.start()
    try:
        backup = command_of_the_page(".venv/bin/python -c").replace(".venv/bin/python", sys.executable)
        done = subprocess.run(backup, shell=True, cwd=old, capture_output=True, text=True, timeout=60, check=False)
    finally:
        over.set()
        writer.join()
    assert (done.returncode, done.stderr) == (0, "")
    restored = Copy(new)
    shutil.copy(old / "backup.sqlite3", new / "db.sqlite3")
    assert restored.python(POLL, **NOTHING_THERE) == polled
    assert DEMO_SECRET in polled
    # Without its keys it says so.
    lost = restored.manage("rotate_encryption_keys", FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert (lost.returncode, "Acme. Put the lost key back" in lost.stderr) == (1, True)


def write_all_the_time(file: Path, over: threading.Event) -> None:
    with closing(sqlite3.connect(file, timeout=20)) as database:
        while not over.wait(0.001):
            with database:
                database.execute("UPDATE widgets_widget SET last_polled_at = datetime('now')")


@pytest.mark.cluster
@pytest.mark.skipif(bool(NO_POSTGRES), reason=NO_POSTGRES)
@pytest.mark.skipif(not shutil.which("pg_dump"), reason="left out: pg_dump is not installed")
def test_a_backup_of_postgresql_can_be_restored(tmp_path: Path, mixpanel: StandIn) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with Site(first, mixpanel.url, "postgres") as old, Site(second, "http://127.0.0.1:1/api", "postgres") as new:
        printed = old.manage("import_widgets", "-", stdin=widgets()).stdout
        polled = old.python(POLL)
        for beginning, site in (("pg_dump", old), ("pg_restore", new)):
            command = command_of_the_page(beginning)
            done = subprocess.run(
                command, shell=True, cwd=tmp_path, env=site.env, capture_output=True, text=True, timeout=60, check=False
            )
            assert (done.returncode, done.stderr) == (0, ""), command
        new.manage("migrate", "-v0")
        assert new.python(POLL) == polled
        assert printed.count("\t") == 2

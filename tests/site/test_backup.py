"""Backup and restore with the commands of docs/backup-and-upgrade.md."""

import re
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from fake_mixpanel.fake import DEMO_SECRET, FakeMixpanel
from tests.commands.copy import Copy
from tests.commands.test_logs import widgets
from tests.running.conftest import NO_POSTGRES
from tests.running.site import ROOT, Site

pytestmark = pytest.mark.slow
PASSWORD = "pa55word-in-an-address"
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


def backup_of_the_page(file: str) -> list[str]:
    """The arguments of `manage.py` in the documentation's backup command."""
    return command_of_the_page(f".venv/bin/python manage.py backup {file}").split()[2:]


def test_a_backup_of_sqlite_taken_while_polls_go_on_can_be_restored(tmp_path: Path, mixpanel: FakeMixpanel) -> None:
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
        done = site.manage(*backup_of_the_page("backup.sqlite3"))
    finally:
        over.set()
        writer.join()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("backup.sqlite3: 1 project, ")
    restored = Copy(new)
    shutil.copy(old / "backup.sqlite3", new / "db.sqlite3")
    assert restored.python(POLL, **NOTHING_THERE) == polled
    assert DEMO_SECRET in polled
    lost = restored.manage("rotate_encryption_keys", FIELD_ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert (lost.returncode, "Acme. Put the lost key back" in lost.stderr) == (1, True)


def write_all_the_time(file: Path, over: threading.Event) -> None:
    with closing(sqlite3.connect(file, timeout=60)) as database:
        while not over.wait(0.001):
            with database:
                database.execute("UPDATE widgets_widget SET last_polled_at = datetime('now')")


@pytest.mark.cluster
@pytest.mark.skipif(bool(NO_POSTGRES), reason=NO_POSTGRES)
@pytest.mark.skipif(not shutil.which("pg_dump"), reason="left out: pg_dump is not installed")
def test_a_backup_of_postgresql_can_be_restored(tmp_path: Path, mixpanel: FakeMixpanel) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    with Site(first, mixpanel.url, "postgres") as old, Site(second, "http://127.0.0.1:1/api", "postgres") as new:
        printed = old.manage("import_widgets", "-", stdin=widgets()).stdout
        polled = old.python(POLL)
        dump = tmp_path / "mixcyfe.dump"
        command, name = backup_of_the_page(dump.name)
        old.env |= {"DATABASE_URL": old.database.replace("postgres@", f"postgres:{PASSWORD}@")}
        old.env |= {"PATH": f"{telling_pg_dump(tmp_path)}:{old.env['PATH']}"}
        done = old.manage(command, str(tmp_path / name))
        assert (done.stderr, done.stdout.startswith(f"{dump}: 1 project, ")) == ("", True)
        assert dump.stat().st_mode & 0o777 == 0o600
        told = (tmp_path / "told").read_text()
        assert "--format=custom" in told
        assert PASSWORD not in told
        # As if a newer version had used this database: its own table refers to a table of the backup.
        new.sql("CREATE TABLE widgets_newer (project_id bigint REFERENCES widgets_project)")
        restored = subprocess.run(
            f"{command_of_the_page('psql')} -q 2>psql.log && {command_of_the_page('pg_restore')}",
            shell=True,
            cwd=tmp_path,
            env=new.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (restored.returncode, restored.stderr) == (0, "")
        new.manage("migrate", "-v0")
        assert new.python(POLL) == polled
        assert printed.count("\t") == 2


@pytest.mark.cluster
@pytest.mark.skipif(bool(NO_POSTGRES), reason=NO_POSTGRES)
def test_a_backup_of_postgresql_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    broken = tmp_path / "bin/pg_dump"
    broken.write_text("#!/bin/sh\necho half of it\necho 'pg_dump: error: server version mismatch' >&2\nexit 1\n")
    broken.chmod(0o755)
    copy = tmp_path / "copy.dump"
    with Site(tmp_path, "http://127.0.0.1:1/api", "postgres") as site:
        site.env |= {"PATH": f"{tmp_path}/bin:{site.env['PATH']}"}
        failed = site.manage("backup", str(copy), check=False)
        site.manage("migrate", "widgets", "zero", "-v0")
        empty = site.manage("backup", str(copy), check=False)
    assert (failed.returncode, failed.stderr.count("\n"), "version mismatch" in failed.stderr) == (1, 1, True)
    assert (empty.returncode, empty.stderr.count("\n"), "nothing to back up" in empty.stderr) == (1, 1, True)
    assert not copy.exists()


def telling_pg_dump(folder: Path) -> Path:
    """A folder with a pg_dump that writes its command line to a file, then runs the real pg_dump."""
    (folder / "bin").mkdir()
    program = folder / "bin/pg_dump"
    program.write_text(f'#!/bin/sh\necho "$0 $*" > {folder}/told\nexec {shutil.which("pg_dump")} "$@"\n')
    program.chmod(0o755)
    return program.parent

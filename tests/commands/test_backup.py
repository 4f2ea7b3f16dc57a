"""The command `backup`: its errors, and the files that it writes. tests/site/test_backup.py restores a backup."""

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.commands.copy import Copy, migrated

pytestmark = pytest.mark.slow
PASSWORD = "pa55word-in-an-address"


@pytest.fixture
def site(tmp_path: Path) -> Copy:
    """A copy of the site without a database."""
    return Copy(tmp_path)


def refused(done: subprocess.CompletedProcess[str], why: str) -> None:
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert why in done.stderr
    assert PASSWORD not in done.stderr


def test_it_copies_the_whole_database_to_a_private_file(site: Copy) -> None:
    shutil.copy(migrated(), site.folder / "db.sqlite3")
    with closing(sqlite3.connect(site.folder / "db.sqlite3")) as running:
        running.execute("PRAGMA journal_mode=wal")
        running.execute("CREATE TABLE written_last AS SELECT 1")  # this change is only in db.sqlite3-wal
        done = site.manage("backup", "copy.sqlite3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("copy.sqlite3: 0 projects, ")
    made = sorted(site.folder.glob("copy*"))
    assert [(file.name, file.stat().st_mode & 0o777) for file in made] == [("copy.sqlite3", 0o600)]
    with closing(sqlite3.connect(made[0])) as copy:
        assert copy.execute("SELECT * FROM written_last").fetchall() == [(1,)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def waiting_backup(site: Copy) -> Iterator["subprocess.Popen[str]"]:
    """Starts a backup, which has created its file and waits, because another process holds the database."""
    shutil.copy(migrated(), site.folder / "db.sqlite3")
    with closing(sqlite3.connect(site.folder / "db.sqlite3")) as other:
        other.execute("PRAGMA journal_mode=delete")
        other.execute("BEGIN EXCLUSIVE")
        before = os.umask(0)
        backup = site.start("backup", "copy.sqlite3", SQLITE_JOURNAL="delete")
        os.umask(before)
        while not (site.folder / "copy.sqlite3").exists():
            assert backup.poll() is None, backup.stdout and backup.stdout.read()
        yield backup


def test_the_copy_is_private_from_its_first_byte(site: Copy) -> None:
    with waiting_backup(site) as backup:
        assert (site.folder / "copy.sqlite3").stat().st_mode & 0o777 == 0o600
    printed, _ = backup.communicate(timeout=60)
    assert backup.returncode == 0, printed


def test_it_overwrites_nothing(site: Copy) -> None:
    shutil.copy(migrated(), site.folder / "db.sqlite3")
    (site.folder / "there").write_text("something")
    for name in ("there", "db.sqlite3", "widgets"):
        refused(site.manage("backup", name), f"{name} exists already")
    assert (site.folder / "there").read_text() == "something"
    refused(site.manage("backup", "no/such/folder/copy"), "No such file or directory")


@pytest.mark.parametrize("extension", ["-wal", "-journal"])
def test_it_refuses_a_name_whose_wal_or_journal_file_exists(site: Copy, extension: str) -> None:
    """SQLite would read copy.sqlite3-wal as a part of the copy, and a failed backup would delete that file."""
    (site.folder / f"copy.sqlite3{extension}").write_text("something")
    refused(site.manage("backup", "copy.sqlite3"), f"copy.sqlite3{extension} exists already")
    assert [(file.name, file.read_text()) for file in site.folder.glob("copy*")] == [
        (f"copy.sqlite3{extension}", "something")
    ]


def test_a_stopped_backup_leaves_no_file(site: Copy) -> None:
    with waiting_backup(site) as backup:
        backup.terminate()
    printed, _ = backup.communicate(timeout=60)
    assert (backup.returncode, printed) == (128 + signal.SIGTERM, "")
    assert not list(site.folder.glob("copy*"))


@pytest.mark.parametrize("database", ["missing", "empty", "other", "text"])
def test_without_a_database_to_copy_it_fails_and_leaves_no_file(site: Copy, database: str) -> None:
    file = site.folder / "db.sqlite3"
    if database == "empty":
        file.touch()
    elif database == "text":
        file.write_text("no database " * 100)
    elif database == "other":
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE somebody_elses (x)")
    there = sorted(site.folder.iterdir())
    done = site.manage("backup", "copy.sqlite3")
    refused(done, "can't be copied: file is not a database" if database == "text" else "There is nothing to back up")
    assert sorted(site.folder.iterdir()) == there


def test_it_says_in_one_line_that_postgresql_is_down(site: Copy) -> None:
    url = f"postgres://mixcyfe:{PASSWORD}@127.0.0.1:1/mixcyfe"
    refused(site.manage("backup", "copy.dump", DATABASE_URL=url), "check DATABASE_URL")
    assert not list(site.folder.glob("copy*"))

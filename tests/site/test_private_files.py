"""Only MixCyfe's own user can read its files. For new installations, see tests/commands/test_serve.py."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.copy import GIVEN, Copy, migrated

pytestmark = pytest.mark.slow
ALL_PRIVATE = dict.fromkeys(("db.sqlite3", "db.sqlite3-shm", "db.sqlite3-wal"), "600")


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    """Sets the usual umask: all users can read new files."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path, pattern: str) -> dict[str, str]:
    return {file.name: oct(file.stat().st_mode & 0o777)[2:] for file in sorted(folder.glob(pattern))}


def test_it_closes_a_database_that_an_earlier_release_left_open(tmp_path: Path) -> None:
    site = Copy(tmp_path)
    shutil.copy(migrated(), tmp_path / "db.sqlite3")
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as other:
        other.execute("PRAGMA journal_mode=wal")
        other.execute("CREATE TABLE something (x)")
        for file in tmp_path.glob("db.sqlite3*"):
            file.chmod(0o644)
        done = site.manage("migrate", "--check")
        assert (done.returncode, done.stderr) == (0, "")
        assert modes(tmp_path, "db.sqlite3*") == ALL_PRIVATE


def test_it_keeps_the_rights_of_the_files_group(tmp_path: Path) -> None:
    site = Copy(tmp_path, with_database=True)
    for given, then in ((0o664, "660"), (0o660, "660"), (0o640, "640")):
        (tmp_path / "db.sqlite3").chmod(given)
        assert site.manage("migrate", "--check").returncode == 0
        assert modes(tmp_path, "db.sqlite3") == {"db.sqlite3": then}


def test_it_says_when_everybody_can_read_its_keys(tmp_path: Path) -> None:
    site = Copy(tmp_path, with_database=True)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in GIVEN.items()))
    done = site.manage("check")
    assert done.returncode == 0
    assert f"Every user of this machine can read {tmp_path}/.env." in done.stderr
    assert f"chmod o= {tmp_path}/.env" in done.stderr
    (tmp_path / ".env").chmod(0o640)
    assert site.manage("check").stderr == ""

"""`make archive`: each run makes the same archive. It fails with uncommitted changes or without a changelog."""

import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.deploy.proxy import ROOT

pytestmark = pytest.mark.skipif(
    not shutil.which("git") or not shutil.which("make"), reason="left out: needs git and make"
)


def run(folder: Path, *command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, env=os.environ | settings, capture_output=True, text=True, timeout=60, check=False
    )


def commit(folder: Path) -> None:
    who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com")
    done = run(folder, "git", *who, "commit", "-qam", "A release")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A repository ready for a release: its version is the newest one in the changelog."""
    folder = tmp_path / "repository"
    (folder / "docs").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "CHANGELOG.md", "manage.py", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    changelog = re.sub(r"## .*", "## 2.3.4 (2026-11-26)", (ROOT / "CHANGELOG.md").read_text(), count=1)
    (folder / "CHANGELOG.md").write_text(changelog)
    project = re.sub(r"^version = .*", 'version = "2.3.4"', (ROOT / "pyproject.toml").read_text(), flags=re.MULTILINE)
    (folder / "pyproject.toml").write_text(project)
    run(folder, "git", "init", "-q")
    run(folder, "git", "add", "-A")
    commit(folder)
    return folder


def test_archives_of_a_commit_are_the_same_bytes_whoever_makes_them(ready: Path, tmp_path: Path) -> None:
    made = run(ready, "make", "archive")
    assert made.returncode == 0, made.stdout + made.stderr
    first = (ready / "dist/mixcyfe-2.3.4.tar.gz").read_bytes()
    again = tmp_path / "elsewhere"
    run(tmp_path, "git", "clone", "-q", str(ready), str(again))
    for name, value in {
        "tar.umask": "user",
        "core.autocrlf": "true",
        "core.attributesFile": f"{tmp_path}/mine",
    }.items():
        run(again, "git", "config", name, value)
    (tmp_path / "mine").write_text("CHANGELOG.md export-ignore\n")
    (again / "untracked.txt").write_text("mine\n")
    made = run(again, "sh", "-c", "umask 077; exec make archive", TZ="Asia/Tokyo", LC_ALL="C", GZIP="-1")
    assert made.returncode == 0, made.stdout + made.stderr
    assert (again / "dist/mixcyfe-2.3.4.tar.gz").read_bytes() == first
    with tarfile.open(ready / "dist/mixcyfe-2.3.4.tar.gz") as archive:
        assert "mixcyfe-2.3.4/manage.py" in archive.getnames()
        assert {oct(member.mode) for member in archive} == {"0o644", "0o755"}


def test_it_refuses_uncommitted_changes(ready: Path) -> None:
    (ready / "manage.py").write_text("# changed\n")
    refused = run(ready, "make", "archive")
    assert refused.returncode != 0
    assert "commit your changes first" in refused.stdout


@pytest.mark.parametrize("heading", ["2.3.4 (unreleased)", "2.3.5 (2026-11-26)", "2x3x4 (2026-11-26)"])
def test_it_refuses_a_changelog_of_another_version(ready: Path, heading: str) -> None:
    changelog = (ready / "CHANGELOG.md").read_text()
    (ready / "CHANGELOG.md").write_text(changelog.replace("2.3.4 (2026-11-26)", heading, 1))
    commit(ready)
    refused = run(ready, "make", "archive")
    assert refused.returncode != 0
    assert "## 2.3.4 (date)" in refused.stdout

"""Each lock file has all packages of its requirements*.txt, each with hashes and without a download address."""

import re
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from tests.commands.copy import KEY, SECRET_KEY
from tests.docs.pages import ROOT

LISTS = ("requirements.txt", "requirements-cluster.txt", "requirements-dev.txt")
WITH_ONLY = """
import re
import sys
from importlib.metadata import packages_distributions

locked, owners = set(sys.argv[1].split()), packages_distributions()


class Absent:
    @staticmethod
    def find_spec(name, path=None, target=None):
        owned = {re.sub("[-_.]+", "-", owner).lower() for owner in owners.get(name, ())}
        if owned and not owned & locked:
            raise ModuleNotFoundError(f"{name} is of {owned}, which is not locked")


sys.meta_path.insert(0, Absent)
"""
"""Hides all installed packages except those named in the first argument."""
WEB = """
from mixcyfe_site.wsgi import application
import granian.cli
from django.core.management import call_command
call_command("check")
"""
WORKER = """
import celery.bin.worker
from mixcyfe_site.celery import app
app.connection_for_read()
"""


def asked_for(name: str) -> list[Requirement]:
    """Returns the requirements of a file and of the files that it includes."""
    found: list[Requirement] = []
    for line in (ROOT / name).read_text().splitlines():
        if line.startswith("-r "):
            found += asked_for(line.removeprefix("-r "))
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


@pytest.mark.parametrize("name", LISTS)
def test_each_lock_file_has_the_packages_of_its_list(name: str) -> None:
    lock = (ROOT / name).with_suffix(".lock").read_text()
    pinned = dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock, re.MULTILINE))
    for requirement in asked_for(name):
        version = pinned[requirement.name.lower().replace("_", "-")]
        assert requirement.specifier.contains(version), f"{requirement} is locked as {version}: run make lock"


@pytest.mark.parametrize("name", LISTS)
def test_every_package_has_hashes_and_no_download_address(name: str) -> None:
    lock = (ROOT / name).with_suffix(".lock").read_text()
    packages = re.split(r"\n(?=[a-z0-9])", lock)[1:]
    assert len(packages) > 10
    assert all("--hash=sha256:" in package for package in packages)
    assert "//" not in lock
    assert not re.search("^--", lock, re.MULTILINE)


def test_each_lock_file_contains_the_smaller_one() -> None:
    locks = [(ROOT / name).with_suffix(".lock").read_text() for name in LISTS]
    pins = [set(re.findall(r"^[a-z0-9.-]+==\S+", lock, re.MULTILINE)) for lock in locks]
    assert pins[0] < pins[1] < pins[2], "run make lock"


def test_every_installation_command_requires_hashes() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "Makefile"]
    lines = [line for page in pages for line in page.read_text().splitlines() if re.search(r"pip install .*-r ", line)]
    assert len(lines) > 3
    assert [line for line in lines if "--require-hashes -r requirements" not in line] == []


@pytest.mark.parametrize(
    ("lock", "code", "settings"),
    [
        ("requirements.lock", WEB, {}),
        (
            "requirements-cluster.lock",
            WEB + WORKER,
            {"TASKS": "celery", "BROKER_URL": "redis://127.0.0.1:6379/0", "DATABASE_URL": "postgres://127.0.0.1/none"},
        ),
    ],
)
def test_the_packages_of_a_lock_are_enough_to_start(lock: str, code: str, settings: dict[str, str]) -> None:
    locked = re.findall(r"^([a-z0-9.-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
    started = subprocess.run(
        [sys.executable, "-c", WITH_ONLY + code, " ".join(locked)],
        cwd=ROOT,
        env={"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEYS": KEY, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode == 0, started.stderr

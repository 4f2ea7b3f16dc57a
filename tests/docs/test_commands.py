"""Runs the commands in the documentation, except those in NOT_RUN_HERE, which has a reason for each."""

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from fake_mixpanel.fake import DEMO_PROJECT_SECRET, FakeMixpanel
from tests.commands.copy import GIVEN, Copy
from tests.commands.test_logs import widgets
from tests.docs.pages import PAGES, ROOT, commands

pytestmark = pytest.mark.slow

NOT_RUN_HERE = {
    r"make (demo|test|run)\b.*": "installs packages, as .ci/run does; tests/commands/test_serve.py tests the rest",
    r"make bench\b.*": "measures for minutes",
    r".*-m pip install .*": "installs packages, as .ci/run does",
    r"python3(\.11)? -m venv .*": "makes an environment, as .ci/run does",
    r"git (clone|pull)\b.*": "needs a repository elsewhere",
    r"cd .*": "changes nothing",
    r".*remove_second_factor NAME": "needs a person with a second factor: see tests/accounts/test_second_factor.py",
    r".*manage.py doctor": "fails on a test's site, which is not complete: see tests/running/test_doctor.py",
    r".*createsuperuser": "asks for a password on the terminal",
    r".*-m pytest .*": "runs the tests themselves",
    r"(adduser|cp|ln|rm|nginx|systemctl)\b.*(mixcyfe|daemon-reload|\bnginx\b).*": "changes a machine; see tests/deploy",
    r"docker .*": "needs a container engine; see tests/deploy/test_container.py",
    r"(psql|pg_restore) .*": "needs PostgreSQL: tests/site/test_backup.py runs it",
}
THERE_AND_HERE = ("/home/YOURNAME/mixcyfe/", "")
OLD_ADDRESS = f"http://host/mixpanel/api/v1.0/Signed_up/{DEMO_PROJECT_SECRET}/{'f' * 32}?by=plan"


def why_not(command: str) -> str:
    """Returns the reason why the tests don't run this command, or "" if they do."""
    return next((why for pattern, why in NOT_RUN_HERE.items() if re.fullmatch(pattern, command)), "")


RUN = list(dict.fromkeys(command for page in PAGES for command in commands(page) if not why_not(command)))
"""The commands to run, in the order of the pages, each command once."""


@pytest.fixture(scope="module")
def mixpanel() -> Iterator[FakeMixpanel]:
    with FakeMixpanel() as fake:
        yield fake


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory, mixpanel: FakeMixpanel) -> dict[str, str]:
    """Runs all commands in a copy of the site that has a project. Returns the output of each command that failed."""
    site = Copy(tmp_path_factory.mktemp("site"), with_database=True)
    assert site.manage("import_widgets", "-", stdin=widgets()).returncode == 0
    (site.folder / ".venv").symlink_to(sys.prefix)
    (site.folder / "deploy").symlink_to(ROOT / "deploy")
    (site.folder / "old-addresses.txt").write_text(f"{OLD_ADDRESS}\n")
    settings = {"SITE_URL": "https://mixcyfe.example.com", "DATABASE_URL": "sqlite:///db.sqlite3"}
    environment = site.environment(**GIVEN, MIXPANEL_API_ROOT=mixpanel.url, **settings)
    failed = {}
    for command in RUN:
        here = command.replace(*THERE_AND_HERE)
        done = subprocess.run(
            here, shell=True, cwd=site.folder, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode or "Traceback" in done.stderr:
            failed[command] = f"{done.stdout}{done.stderr}"
    return failed


@pytest.mark.parametrize("command", RUN)
def test_the_command_works(command: str, failures: dict[str, str]) -> None:
    assert failures.get(command, "") == ""


def test_every_pattern_in_not_run_here_matches_a_command() -> None:
    everything = [command for page in PAGES for command in commands(page)]
    for pattern in NOT_RUN_HERE:
        assert any(re.fullmatch(pattern, command) for command in everything), f"no page has {pattern}"

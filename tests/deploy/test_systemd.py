"""The unit files in deploy/systemd: systemd-analyze finds no fault, and the programs that they start exist."""

import configparser
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.proxy import DEPLOY, ROOT

ANALYZE = shutil.which("systemd-analyze")
UNITS = sorted((DEPLOY / "systemd").glob("*.[st]*"))
CREDENTIALS = DEPLOY / "systemd/credentials.conf"
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="left out: systemd-analyze is not installed")


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(unit.read_text())
    return parser


def command_of(unit: str) -> list[str]:
    """Returns a service's command (ExecStart), but with the Python of the tests."""
    program, *arguments = shlex.split(read(DEPLOY / "systemd" / f"{unit}.service")["Service"]["ExecStart"])
    return [sys.executable, *(["-m", "celery"] if program.endswith("/celery") else []), *arguments]


@needs_systemd
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    installed = tmp_path / "mixcyfe"
    (installed / ".venv/bin").mkdir(parents=True)
    for program in ("python", "celery"):
        (installed / ".venv/bin" / program).symlink_to("/bin/true")
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/srv/mixcyfe", str(installed)))
        if unit.suffix == ".service":
            (drop_in := tmp_path / f"{unit.name}.d").mkdir()
            shutil.copy(CREDENTIALS, drop_in)
    verified = subprocess.run(
        [str(ANALYZE), "verify", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_rates_the_units_as_secure(unit: Path) -> None:
    rated = subprocess.run(
        [str(ANALYZE), "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout.splitlines()[-1]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_the_programs_of_all_units_exist(unit: Path) -> None:
    service = read(unit)["Service"]
    assert (service["User"], service["WorkingDirectory"]) == ("mixcyfe", "/srv/mixcyfe")
    program, *arguments = shlex.split(service["ExecStart"])
    assert program.startswith("/srv/mixcyfe/.venv/bin/")
    if program.endswith("/python"):
        assert arguments[0] == "manage.py"
        assert (ROOT / f"widgets/management/commands/{arguments[1]}.py").exists()
    else:
        assert arguments[:3] == ["-A", "mixcyfe_site", "worker"]


def test_moving_the_keys_out_of_the_settings_twice_loses_none(tmp_path: Path) -> None:
    page = (ROOT / "docs/deploying.md").read_text()
    loop = page[page.index("for name in SECRET_KEY") : page.index("for unit in")]
    keys = tmp_path / "keys"
    keys.mkdir()
    (tmp_path / ".env").write_text("SECRET_KEY=a=b\nSITE_URL=http://x\nFIELD_ENCRYPTION_KEYS=c,d\n")
    for _ in range(2):
        subprocess.run(["sh", "-c", loop.replace("/etc/mixcyfe", str(keys))], cwd=tmp_path, timeout=60, check=True)
        assert {key.name: key.read_text() for key in keys.iterdir()} == {
            "SECRET_KEY": "a=b\n",
            "FIELD_ENCRYPTION_KEYS": "c,d\n",
        }
        assert (tmp_path / ".env").read_text() == "SITE_URL=http://x\n"
    assert {key.stat().st_mode & 0o777 for key in keys.iterdir()} == {0o600}

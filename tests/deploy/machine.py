"""A temporary machine with systemd: a systemd-nspawn container with this host's /usr (read-only) and its own network.

Its /etc has only the files from this module, so no service of the host runs in the machine.
"""

import fcntl
import subprocess
import sys
import sysconfig
import tempfile
import uuid
from pathlib import Path
from typing import Self

import pytest

from tests.commands.copy import Copy
from tests.deploy.proxy import DEPLOY
from tests.running.site import eventually

HOME = "/srv/mixcyfe"
PYTHON = f"{HOME}/.venv/bin/python"
BASE = "/opt/python"
"""The path of this Python in the machine. Services can't read /home or /root (ProtectHome)."""
LIBRARIES = f"LD_LIBRARY_PATH={BASE}/lib"
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
NSPAWN = [
    # All processes of the machine end with the test's process, however that ends.
    *("setpriv", "--pdeathsig=KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc"),
    "systemd-nspawn",
    "--quiet",
    "--register=no",
    "--keep-unit",
    "--directory=/",
    "--volatile=yes",
    "--private-network",
    "--console=pipe",
]


def why_not() -> str:
    """Returns why no machine can start here, or "" if one can start."""
    command = [*NSPAWN, f"--bind-ro={sys.base_prefix}:{BASE}", f"--setenv={LIBRARIES}"]
    command += [f"{BASE}/bin/{VERSION}", "-c", "import sqlite3, ssl"]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return "systemd-nspawn is not installed"
    return "" if tried.returncode == 0 else f"systemd-nspawn can't run here: {' '.join(tried.stderr.split())[:200]}"


class Machine:
    """A context manager. The machine has the project in /srv/mixcyfe and the units of `deploy/systemd`, not started."""

    def __init__(self, folder: Path, secrets: dict[str, str], settings: dict[str, str]) -> None:
        """The machine gets `secrets` as files in /etc/mixcyfe, and `settings` as the project's `.env`."""
        self.console = folder / "console.log"
        project, etc = folder / "mixcyfe", folder / "etc"
        Copy(project)
        project.chmod(0o755)
        site_packages = f".venv/lib/{VERSION}/site-packages"
        (project / site_packages).mkdir(parents=True)
        (project / ".venv/pyvenv.cfg").write_text(f"home = {BASE}/bin\n")
        (project / ".venv/bin").mkdir()
        (project / ".venv/bin/python").symlink_to(f"{BASE}/bin/{VERSION}")
        (project / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        etc.mkdir()
        for name, value in secrets.items():
            (etc / name).write_text(f"{value}\n")
            (etc / name).chmod(0o600)
        # Without an id, systemd would see this as a first start and would enable all services of the host.
        (folder / "machine-id").write_text(uuid.uuid4().hex)
        (folder / "user.conf").write_text("u mixcyfe - MixCyfe /var/lib/mixcyfe\n")
        inside = {
            project: HOME,
            Path(sys.base_prefix): BASE,
            Path(sysconfig.get_path("purelib")): f"{HOME}/{site_packages}",
            etc: "/etc/mixcyfe",
            folder / "machine-id": "/etc/machine-id",
            folder / "user.conf": "/etc/sysusers.d/mixcyfe.conf",
        }
        for unit in (DEPLOY / "systemd").glob("mixcyfe-*"):
            inside[unit] = f"/etc/systemd/system/{unit.name}"
        self.binds = [f"--bind-ro={source}:{target}" for source, target in inside.items()]
        self.binds += [
            f"--bind-ro={DEPLOY}/systemd/credentials.conf:/etc/systemd/system/{unit.name}.d/credentials.conf"
            for unit in (DEPLOY / "systemd").glob("*.service")
        ]

    def __enter__(self) -> Self:
        # Two machines at the same time would share a control group, and end each other's processes.
        self.lock = (Path(tempfile.gettempdir()) / "mixcyfe-machine.lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        with self.console.open("wb") as out:
            self.nspawn = subprocess.Popen(
                [*NSPAWN, *self.binds, "--boot", "systemd.unit=basic.target"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            eventually(lambda: self.nspawn.poll() is not None or self.is_up(), 30)
        except AssertionError:
            self.__exit__()
            pytest.skip("left out: systemd in systemd-nspawn is not ready after 30 seconds")
        if self.nspawn.poll() is not None:
            self.__exit__()
            pytest.skip(f"left out: systemd-nspawn ended at once: {self.console.read_text()[-200:]}")
        self.run("systemctl", "set-environment", LIBRARIES)
        return self

    def __exit__(self, *exception: object) -> None:
        self.nspawn.kill()
        self.nspawn.wait(timeout=60)
        self.lock.close()

    @property
    def leader(self) -> str:
        """The process id, on this host, of the machine's first process, or "" before that process runs."""
        process = str(self.nspawn.pid)
        for _ in ("unshare", "systemd-nspawn"):
            try:
                process = Path(f"/proc/{process}/task/{process}/children").read_text().split()[0]
            except (OSError, IndexError):
                return ""
        return process

    def is_up(self) -> bool:
        return bool(self.leader) and self.run("systemctl", "is-active", "basic.target", check=False) == "active"

    def run(self, *command: str, stdin: str = "", check: bool = True) -> str:
        """Runs a command as root in the machine. Returns its output."""
        entered = ["nsenter", "--target", self.leader, "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        done = subprocess.run(
            [
                *entered,
                "--root",
                "env",
                "-i",
                f"--chdir={HOME}",
                LIBRARIES,
                "PATH=/usr/local/bin:/usr/bin:/usr/sbin",
                *command,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

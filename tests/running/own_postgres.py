"""A PostgreSQL server for one test, which can stop this server instead of the machine's own."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.running.site import eventually, free_port

BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:]
INITDB = shutil.which("initdb") or next((str(folder / "initdb") for folder in BIN if (folder / "initdb").exists()), "")


class OwnPostgres:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.port = free_port()
        # PostgreSQL refuses to run as root.
        self.user: dict[str, Any] = {"user": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self.user:
            shutil.chown(self.folder, "postgres")
        programs = Path(INITDB).resolve().parent
        data = str(self.folder / "data")
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.folder}
        self.run = [str(programs / "postgres"), "-D", data, "-p", str(self.port), "-k", "", "-F"]
        make = [str(programs / "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(make, check=True, timeout=120, **quiet, **self.user)
        self.start: Callable[[], Any] = lambda: subprocess.Popen([*self.run, "-h", "127.0.0.1"], **quiet, **self.user)
        self.process = self.start()

    def __enter__(self) -> Self:
        eventually(self.answers)
        return self

    def __exit__(self, *exception: object) -> None:
        self.signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def signal(self, number: int) -> None:
        """Sends a signal to the server, then to its child processes: each has its own process group."""
        self.process.send_signal(number)
        for pid in map(int, Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def restart(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)
        self.process = self.start()
        eventually(self.answers, seconds=60)

    def stop(self) -> None:
        """The kernel still accepts connections and data, but no process answers."""
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

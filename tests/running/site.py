"""A whole MixCyfe as in production, with its own database, web processes and workers. Its Mixpanel is a fake."""

import atexit
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
from tests.commands.copy import KEY, SECRET_KEY, migrated
from tests.preloaded import Popen, run

ROOT = Path(__file__).resolve().parents[2]
POSTGRES = "postgres://postgres@127.0.0.1:5432"
REDIS = "redis://127.0.0.1:6379"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Calls `true` until its result is true, and returns the result. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, "the condition did not become true in time"
        time.sleep(0.05)
    return found


def answers(url: str, headers: dict[str, str] | None = None) -> bool:
    """Whether a server answers with the status 200."""
    try:
        return requests.get(url, headers=headers, timeout=60).status_code == 200
    except requests.ConnectionError:
        return False


@cache
def migrated_postgres() -> str:
    """The name of a migrated database. PostgreSQL copies it faster than migrations run."""
    import psycopg

    name = f"mixcyfe_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    atexit.register(drop, name)
    needed = {"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEYS": KEY, "DATABASE_URL": f"{POSTGRES}/{name}"}
    env = os.environ | needed | {"DJANGO_SETTINGS_MODULE": "mixcyfe_site.settings"}
    run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, input="", text=True, timeout=60, check=True)
    return name


def drop(database: str) -> None:
    import psycopg

    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


class Site:
    """A context manager. Its end kills the site's processes and drops its PostgreSQL database."""

    def __init__(self, folder: Path, mixpanel: str, database: str = "sqlite", **settings: str) -> None:
        self.folder = folder
        self.ended = ExitStack()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.urls: dict[str, str] = {}
        self.database = f"sqlite:///{folder}/site.sqlite3"
        if database == "postgres":
            self.database = self._postgres_database()
        # The browser tests set DJANGO_ALLOW_ASYNC_UNSAFE for their own process only.
        self.env = {name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"} | {
            "SECRET_KEY": SECRET_KEY,
            "FIELD_ENCRYPTION_KEYS": KEY,
            "DATABASE_URL": self.database,
            "SITE_URL": "http://127.0.0.1:8000",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEBUG": "off",
            "MIXPANEL_API_ROOT": mixpanel,
            "MIXPANEL_TIMEOUT": "10",
            "POLL_WAIT": "8",
            "REFRESH_THREADS": "5",
            "WAITING_POLLS": "4",
            "TASKS": "inline",
            "BROKER_URL": "",
            "LOG_LEVEL": "INFO",
            "DJANGO_SETTINGS_MODULE": "mixcyfe_site.settings",
            **settings,
        }
        self.session = requests.Session()
        self.session.trust_env = False

    def _postgres_database(self) -> str:
        import psycopg

        name = f"mixcyfe_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_postgres()}")
        self.ended.callback(drop, name)
        return f"{POSTGRES}/{name}"

    def __enter__(self) -> Self:
        kind, _, path = self.env["DATABASE_URL"].partition(":///")
        if kind == "sqlite":
            shutil.copy(migrated(), path)
        elif self.env["DATABASE_URL"] != self.database:
            self.manage("migrate", "-v0")
        return self

    def __exit__(self, *exception: object) -> None:
        self.session.close()
        for process in self.processes:
            self.kill(process, signal.SIGKILL)
        self.ended.close()

    def manage(self, *arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        return run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            input=stdin,
            text=True,
            timeout=60,
            check=check,
        )

    def python(self, code: str) -> str:
        """Runs code inside Django. Returns the printed text."""
        return self.manage("shell", "-v0", "-c", code).stdout

    def add(self, *widgets: dict[str, Any], **project: Any) -> list[str]:
        """Imports a project and widgets. Returns the widgets' paths, in order."""
        return self.add_all((project, list(widgets)))

    def add_all(self, *filled: tuple[dict[str, Any], list[dict[str, Any]]]) -> list[str]:
        """Imports several projects with their widgets. Returns the widgets' paths, in order."""
        content: dict[str, list[Any]] = {"projects": [], "widgets": []}
        for project, widgets in filled:
            values = {"name": "Acme", "project_id": DEMO_PROJECT_ID, "auth": "service_account"}
            values |= {"username": DEMO_USERNAME, "secret": DEMO_SECRET, **project}
            content["projects"].append(values)
            content["widgets"] += [{"project": values["name"], **widget} for widget in widgets]
        printed = self.manage("import_widgets", "-", stdin=json.dumps(content)).stdout
        return ["/w/" + line.split("\t")[1].rsplit("/", 1)[1] for line in printed.splitlines()]

    def web(self, *, threads: int = 8, workers: int = 1) -> tuple[str, subprocess.Popen[bytes]]:
        """Starts granian with `workers` processes. Returns its address and its process once it answers."""
        port = free_port()
        command = [sys.executable, "-m", "granian", "--interface=wsgi", f"--port={port}", f"--workers={workers}"]
        command += [f"--blocking-threads={threads}", "--log-level=error", "mixcyfe_site.wsgi:application"]
        process = self.start(command, "web.log")
        base = f"http://127.0.0.1:{port}"
        eventually(lambda: self.answers(f"{base}/healthz"))
        return base, process

    def gunicorn(self, *options: str) -> tuple[str, subprocess.Popen[bytes]]:
        """Like `web`, but with gunicorn. Without options, its one process answers one request at a time."""
        port = free_port()
        command = [sys.executable, "-m", "gunicorn", f"--bind=127.0.0.1:{port}", "--workers=1", "--log-level=error"]
        process = self.start([*command, "--no-control-socket", *options, "mixcyfe_site.wsgi:application"], "web.log")
        base = f"http://127.0.0.1:{port}"
        eventually(lambda: self.answers(f"{base}/healthz"))
        return base, process

    def serve(self, *options: str, well: int = 200) -> tuple[str, subprocess.Popen[bytes]]:
        """Starts `manage.py serve`. Returns its address and its process once /healthz has the status code `well`."""
        port = free_port()
        process = self.start([sys.executable, "manage.py", "serve", f"--port={port}", *options], "serve.log")
        base = f"http://127.0.0.1:{port}"
        eventually(lambda: self.answers(f"{base}/healthz", well))
        return base, process

    def worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "mixcyfe_site", "worker", "-P", "threads", "-c", "20"]
        command += ["--without-gossip", "--without-mingle", "-l", "INFO", "-n", f"{uuid.uuid4().hex}@test"]
        process = self.start(command, f"worker-{len(self.processes)}.log")
        log = self.folder / f"worker-{len(self.processes) - 1}.log"
        eventually(lambda: " ready." in log.read_text())
        return process

    def start(self, command: list[str], log: str) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as out:
            process = Popen(
                command, cwd=ROOT, env=self.env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.processes.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> None:
        """Sends a signal to the process group, because granian and Celery have children. Waits for the end."""
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            pass
        process.wait(timeout=60)

    def answers(self, url: str, status: int = 200) -> bool:
        try:
            return self.session.get(url, timeout=60).status_code == status
        except requests.ConnectionError:
            return False

    def poll_all(self, addresses: list[str], pollers: int) -> list[requests.Response]:
        with ThreadPoolExecutor(pollers) as pool:
            return list(pool.map(lambda url: requests.get(url, timeout=60), addresses))

    def logs(self) -> str:
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Runs one SQL statement outside Django, with a value for every `?`. Returns the rows."""
        url = self.env["DATABASE_URL"]
        if url.startswith("sqlite"):
            with closing(sqlite3.connect(url.partition(":///")[2], timeout=60)) as database, database:
                # Django writes times into SQLite in this form.
                given = [str(v.replace(tzinfo=None)) if isinstance(v, datetime) else v for v in values]
                return database.execute(statement, given).fetchall()
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    def make_old(self, minutes: float, but: str = "") -> None:
        """Sets the age of all data except the project `but`'s, makes the data due, and ends its backoff."""
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        self.sql(
            "UPDATE widgets_snapshot SET fetched_at = ?, due_at = ?, retry_at = NULL WHERE fetched_at IS NOT NULL "
            "AND project_id NOT IN (SELECT id FROM widgets_project WHERE name = ?)",
            *(at, at, but),
        )
        if self.env["DATABASE_URL"].startswith("postgres"):
            time.sleep(1)  # until every process knows of the change

    def in_flight(self) -> int:
        return int(self.sql("SELECT count(*) FROM widgets_apicall WHERE ended_at IS NULL")[0][0])

"""Runs the WSGI file and the settings of deploy/pythonanywhere with a server of one process without threads.

The server is uWSGI, as at PythonAnywhere, or gunicorn if uWSGI is missing. Nobody has tested at PythonAnywhere itself.
"""

import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from fake_mixpanel.fake import FakeMixpanel
from tests.commands.copy import KEY, SECRET_KEY, Copy
from tests.commands.test_logs import widgets
from tests.deploy.proxy import DEPLOY, replaced
from tests.running.site import answers, eventually, free_port

pytestmark = pytest.mark.slow

UWSGI = shutil.which("uwsgi")
HEADERS = {"Host": "yourname.pythonanywhere.com", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


class Account(NamedTuple):
    """Like the home folder of a PythonAnywhere account: the project with its `.env`, and the WSGI file."""

    site: Copy
    wsgi: Path
    mixpanel: FakeMixpanel

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `manage.py` like a console or a scheduled task: all settings come from `.env`."""
        return self.site.run(sys.executable, "manage.py", *arguments, stdin=widgets())


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    home = tmp_path / "home/YOURNAME/mixcyfe"
    home.mkdir(parents=True)
    site = Copy(home, with_database=True)
    with FakeMixpanel() as mixpanel:
        example = (DEPLOY / "pythonanywhere/env.example").read_text()
        settings = replaced(
            example,
            (r"SECRET_KEY=\n", f"SECRET_KEY={SECRET_KEY}\n"),
            (r"FIELD_ENCRYPTION_KEYS=\n", f"FIELD_ENCRYPTION_KEYS={KEY}\n"),
            (r"https://YOURNAME", "https://yourname"),
        )
        # A host name, because MixCyfe looks names up in a thread, but uWSGI runs no threads by default.
        root = mixpanel.url.replace("127.0.0.1", "localhost")
        (home / ".env").write_text(f"{settings}MIXPANEL_API_ROOT={root}\n")
        wsgi = tmp_path / "yourname_pythonanywhere_com_wsgi.py"
        wsgi.write_text(
            replaced((DEPLOY / "pythonanywhere/wsgi.py").read_text(), (r"/home/YOURNAME/mixcyfe", str(home)))
        )
        yield Account(site, wsgi, mixpanel)


@contextmanager
def served(account: Account) -> Iterator[Callable[[str], requests.Response]]:
    """Runs the server. Yields a function that requests a path."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    if UWSGI:
        command = [
            str(UWSGI),
            "--master",
            "--processes=1",
            "--need-app",
            "--die-on-term",
            f"--http-socket=127.0.0.1:{port}",
        ]
        command += [f"--wsgi-file={account.wsgi}", f"--virtualenv={sys.prefix}", "--disable-logging"]
    else:
        command = [sys.executable, "-m", "gunicorn", "--workers=1", f"--bind=127.0.0.1:{port}", "--log-level=error"]
        command += [f"--pythonpath={account.wsgi.parent}", f"{account.wsgi.stem}:application"]
    process = account.site.start_program(*command)
    try:
        eventually(lambda: answers(f"{base}/healthz", HEADERS))
        yield lambda path: requests.get(base + path, headers=HEADERS, timeout=60)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=60)
    assert "Traceback" not in output


def test_one_process_without_threads_answers_at_once_and_refreshes_afterwards(account: Account) -> None:
    printed = account.run("import_widgets", "-").stdout
    addresses = [line.split("\t")[1] for line in printed.splitlines()]
    assert all(address.startswith("https://yourname.pythonanywhere.com/w/") for address in addresses)
    path = addresses[0].removeprefix("https://yourname.pythonanywhere.com")
    with served(account) as get:
        assert (get(path).status_code, len(account.mixpanel.calls)) == (200, 1)
        style = "/static/admin/css/base.css"
        assert [get(page).status_code for page in ("/admin/login/", style)] == [200, 200]

        make_old(account)
        account.mixpanel.latency = 1
        started = time.monotonic()
        stale = get(path)
        took = time.monotonic() - started
        assert (stale.status_code, took < 0.8) == (200, True)
        assert "ttl=-" in stale.headers["Cache-Status"]
        # The only process is busy until the refresh has ended, so the next answer has the new data.
        fresh = get(path)
        assert (fresh.status_code, "ttl=-" in fresh.headers["Cache-Status"]) == (200, False)
        assert len(account.mixpanel.calls) == 2

        # The scheduled task refreshes the data before the next poll.
        account.mixpanel.latency = 0
        make_old(account)
        scheduled = account.run("refresh_widgets")
        assert (scheduled.returncode, scheduled.stdout.splitlines()[-1]) == (0, "1 refreshed, 0 failed, 0 left")
        assert "hit; ttl=-" not in get(path).headers["Cache-Status"]
        assert len(account.mixpanel.calls) == 3
        assert not list(account.site.folder.glob("*-wal"))


def make_old(account: Account) -> None:
    seven_hours_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=7)
    with closing(sqlite3.connect(account.site.folder / "db.sqlite3")) as database, database:
        database.execute("UPDATE widgets_snapshot SET fetched_at = ?1, due_at = ?1", [str(seven_hours_ago)])


@pytest.mark.skipif(UWSGI is None, reason="left out: uWSGI is not installed")
def test_it_notices_by_itself_that_uwsgi_runs_no_threads(account: Account) -> None:
    """The `.env` of a site that was set up with release 1.0 lacks REFRESH_THREADS=0."""
    file = account.site.folder / ".env"
    file.write_text(file.read_text().replace("REFRESH_THREADS=0\n", ""))
    address = account.run("import_widgets", "-").stdout.splitlines()[0].split("\t")[1]
    path = address.removeprefix("https://yourname.pythonanywhere.com")
    with served(account) as get:
        assert get(path).status_code == 200
        make_old(account)
        for _ in range(2):
            answer = get(path)
        assert "ttl=-" not in answer.headers["Cache-Status"]
        assert len(account.mixpanel.calls) == 2

"""Starts the units of deploy/systemd in a temporary machine: polls, stops, kills, keys, timers and restrictions."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fake_mixpanel.fake import DEMO_SECRET
from tests.commands.copy import KEY, SECRET_KEY
from tests.commands.test_logs import widgets
from tests.deploy.machine import PYTHON, Machine, why_not
from tests.running.site import eventually

pytestmark = pytest.mark.slow
SECRETS = {"SECRET_KEY": SECRET_KEY, "FIELD_ENCRYPTION_KEYS": KEY}
FAKE_MIXPANEL = """
import pathlib, time
from fake_mixpanel.fake import FakeMixpanel
with FakeMixpanel(hourly_limit=1000) as mixpanel:
    mixpanel.latency = lambda call: float(pathlib.Path("/run/latency").read_text())
    pathlib.Path("/run/fake-mixpanel").write_text(mixpanel.url)
    time.sleep(3600)
"""
POLL = "import requests, sys; got = requests.get(sys.argv[1], timeout=60); print(got.status_code, got.text)"
DUE = "UPDATE widgets_snapshot SET fetched_at = '2020-01-01', due_at = '2020-01-01', retry_at = NULL"


class Host(Machine):
    """A machine with a running web service, and the path of a widget that has data."""

    path: str

    def set_up(self) -> None:
        self.latency(0)
        self.run("systemd-run", "--unit=fake-mixpanel", "--working-directory=/srv/mixcyfe", PYTHON, "-c", FAKE_MIXPANEL)
        root = eventually(lambda: self.run("cat", "/run/fake-mixpanel", check=False))
        self.run("systemctl", "set-environment", f"MIXPANEL_API_ROOT={root}")
        self.run("systemctl", "start", "mixcyfe-web")
        eventually(self.is_well)
        keys = [f"{name}_FILE=/etc/mixcyfe/{name}" for name in SECRETS]
        printed = self.run("env", *keys, PYTHON, "manage.py", "import_widgets", "-", stdin=widgets())
        self.path = "/w/" + printed.splitlines()[0].rsplit("/", 1)[1]
        assert self.get(self.path).startswith("200 ")

    def latency(self, seconds: float) -> None:
        self.run("tee", "/run/latency", stdin=str(seconds))

    def get(self, path: str) -> str:
        return self.run(PYTHON, "-c", POLL, f"http://127.0.0.1:8000{path}", check=False)

    def is_well(self) -> bool:
        return self.get("/healthz").startswith("200 ")

    def show(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", unit, "--property", name, "--value")

    def journal(self, unit: str) -> str:
        return self.run("journalctl", "--output=cat", f"--unit={unit}")

    def make_due(self) -> None:
        code = f'import sqlite3; c = sqlite3.connect("/var/lib/mixcyfe/db.sqlite3"); c.execute("{DUE}"); c.commit()'
        self.run(PYTHON, "-c", code)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    if why := why_not():
        pytest.skip(f"left out: {why}")
    settings = {"SITE_URL": "http://127.0.0.1:8000", "DATABASE_URL": "sqlite:////var/lib/mixcyfe/db.sqlite3"}
    with Host(tmp_path_factory.mktemp("machine"), SECRETS, settings) as host:
        host.set_up()
        yield host


def test_it_answers_polls(host: Host) -> None:
    answer = host.get(host.path)
    assert re.match(r"200 Date,Signed up\n\d{8},\d+", answer), answer
    assert "outcome=ok" in host.journal("mixcyfe-web")
    assert host.run("stat", "--format=%U %a", "/var/lib/mixcyfe/db.sqlite3") == "mixcyfe 600"


def test_only_the_service_can_read_the_keys(host: Host) -> None:
    seen = host.run("sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; systemctl show 'mixcyfe-*'; journalctl")
    assert "SECRET_KEY_FILE=/run/credentials/mixcyfe-web.service/SECRET_KEY" in seen
    for secret in (*SECRETS.values(), DEMO_SECRET):
        assert secret not in seen
    read = ["cat", "/run/credentials/mixcyfe-web.service/SECRET_KEY"]
    as_user = "setpriv --clear-groups --regid={0} --reuid={0}"
    assert host.run(*as_user.format("mixcyfe").split(), *read) == SECRET_KEY
    assert (
        host.run(*as_user.format("nobody").replace("regid=nobody", "regid=nogroup").split(), *read, check=False) == ""
    )


def test_the_service_is_restricted(host: Host) -> None:
    pid = host.show("mixcyfe-web", "MainPID")
    status = dict(re.findall(r"^(\w+):\s*(.*)$", host.run("cat", f"/proc/{pid}/status"), re.MULTILINE))
    assert (status["NoNewPrivs"], int(status["CapBnd"], 16), status["Seccomp"]) == ("1", 0, "2")
    mounts = host.run("cat", f"/proc/{pid}/mountinfo")
    writable = {line.split()[4] for line in mounts.splitlines() if line.split()[5].startswith("rw")}
    assert "/var/lib/mixcyfe" in writable
    assert not {"/", "/usr", "/etc", "/srv/mixcyfe", "/home", "/root"} & writable
    limits = [host.show("mixcyfe-web", name) for name in ("MemoryMax", "TasksMax")]
    assert limits == [str(2**30), "256"]


def test_it_ends_the_running_query_and_poll_before_it_stops(host: Host) -> None:
    host.latency(3)
    host.make_due()
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(host.get, host.path)
        time.sleep(1.5)
        host.run("systemctl", "stop", "mixcyfe-web")
        assert poll.result().startswith("200 Date,Signed up\n")
    host.latency(0)
    assert host.show("mixcyfe-web", "Result") == "success"
    host.run("systemctl", "start", "mixcyfe-web")
    eventually(host.is_well)


def test_it_comes_back_after_a_kill(host: Host) -> None:
    before = host.show("mixcyfe-web", "MainPID")
    assert before != "0"
    host.run("kill", "-KILL", before)
    eventually(lambda: host.show("mixcyfe-web", "MainPID") not in (before, "0") and host.is_well())
    assert host.show("mixcyfe-web", "NRestarts") == "1"
    assert host.get(host.path).startswith("200 ")


def test_timers_start_their_commands(host: Host) -> None:
    timers = ["mixcyfe-refresh", "mixcyfe-clean-up"]
    for timer in timers:
        often = "[Timer]\nOnCalendar=\nOnCalendar=*:*:*\nRandomizedDelaySec=0\nAccuracySec=1\n"
        host.run("mkdir", "-p", f"/run/systemd/system/{timer}.timer.d")
        host.run("tee", f"/run/systemd/system/{timer}.timer.d/often.conf", stdin=often)
    host.run("systemctl", "daemon-reload")
    host.make_due()
    host.run("systemctl", "start", *(f"{timer}.timer" for timer in timers))
    eventually(lambda: "1 refreshed, 0 failed" in host.journal(timers[0]))
    eventually(lambda: "removed 0 ended sessions" in host.journal(timers[1]))
    host.run("systemctl", "stop", *(f"{timer}.timer" for timer in timers))
    host.run("rm", "-r", *(f"/run/systemd/system/{timer}.timer.d" for timer in timers))
    host.run("systemctl", "daemon-reload")

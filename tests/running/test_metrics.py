"""/metrics of servers with several processes, and of processes that end."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.running.conftest import needs_cluster
from tests.running.disk import NO_DISK, SmallDisk
from tests.running.site import Site, eventually, free_port
from tests.running.slow import widgets

pytestmark = pytest.mark.slow

TOKEN = "a-token-for-prometheus-0123456789"
FORKED = """
import ctypes, os, threading
from widgets.counting import polls
def count(number):
    for _ in range(number):
        polls.count("fresh")
def hammer():
    threads = [threading.Thread(target=count, args=(1000,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
count(10)
# uWSGI forks like this, and Python's own hooks do not run.
pid = ctypes.PyDLL(None).fork() if %r else os.fork()
if pid == 0:
    count(100)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
hammer()
print(polls.counted()["fresh"])
"""


@pytest.fixture
def site(host: Callable[..., Site], tmp_path: Path) -> Site:
    files = tmp_path / "tmp"
    files.mkdir()
    return host(METRICS_TOKEN=TOKEN, TMPDIR=str(files))


def read(base: str) -> str:
    answer = requests.get(f"{base}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.text


def polls(base: str) -> int:
    """The number of polls, over all outcomes."""
    return sum(int(float(number)) for number in re.findall(r"^mixcyfe_polls_total\S* (\S+)$", read(base), re.MULTILINE))


def poll(base: str, path: str, times: int) -> None:
    """Each poll has a new connection, so that every process answers some polls."""
    for _ in range(times):
        requests.get(base + path, timeout=60)


def files(site: Site) -> list[str]:
    return sorted(
        file.name
        for file in Path(site.env["TMPDIR"]).glob("mixcyfe-*/*")
        if file.suffix == ".counts" or file.name == "ended.json"
    )


SERVERS: dict[str, Callable[[Site], Any]] = {
    "serve": lambda site: site.serve("--workers=3"),
    "gunicorn": lambda site: site.gunicorn("--workers=3"),
    "gunicorn that forks a loaded site": lambda site: site.gunicorn("--workers=3", "--preload"),
}


@pytest.mark.parametrize("server", SERVERS)
def test_it_counts_the_polls_of_all_processes(site: Site, server: str) -> None:
    (path,) = site.add(*widgets(1))
    base, process = SERVERS[server](site)
    count = 60
    poll(base, path, count)
    # Polls until two processes have answered, because a process can start late.
    while len(files(site)) < 2 and count < 5000:
        poll(base, path, 1)
        count += 1
    assert len(files(site)) > 1
    assert {polls(base) for _ in range(10)} == {count}
    # The counts continue after a new start.
    site.kill(process)
    base, _ = SERVERS[server](site)
    poll(base, path, 10)
    assert {polls(base) for _ in range(10)} == {count + 10}
    assert "ended.json" in files(site)
    assert len(files(site)) <= 4
    assert TOKEN not in site.logs()


def test_the_counts_of_a_killed_process_stay(site: Site) -> None:
    (path,) = site.add(*widgets(1))
    base, process = site.gunicorn("--workers=2")
    for _ in range(3):
        poll(base, path, 20)
        before = polls(base)
        for pid in children(process.pid):
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: site.answers(f"{base}/healthz"))
        assert polls(base) == before
    assert before == 60
    assert len(files(site)) <= 3


@pytest.mark.skipif(bool(NO_DISK), reason=NO_DISK)
def test_a_full_disk_for_temporary_files_costs_no_poll(host: Callable[..., Site], tmp_path: Path) -> None:
    with SmallDisk(tmp_path / "disk", megabytes=1) as disk:
        site = host(METRICS_TOKEN=TOKEN, TMPDIR=str(disk.folder))
        (path,) = site.add(*widgets(1))
        base, process = site.gunicorn("--workers=1")
        poll(base, path, 1)
        assert polls(base) == 1
        (before,) = children(process.pid)
        disk.fill()
        os.kill(before, signal.SIGTERM)
        (after,) = eventually(lambda: [pid for pid in children(process.pid) if pid != before])
        answers = [requests.get(base + path, timeout=60).status_code for _ in range(3)]
        assert (answers, children(process.pid)) == ([200] * 3, [after])
        answer = requests.get(f"{base}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
        assert (answer.status_code, "No space left on device" in answer.text) == (503, True)
        disk.make_room()
        assert polls(base) == 1
        assert site.logs().count("not counted") == 1


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.parametrize("silently", [False, True])
def test_a_forked_process_counts_for_itself(site: Site, silently: bool) -> None:
    assert site.python(FORKED % silently).split() == ["4110"]


def test_the_long_answer_of_healthz(site: Site) -> None:
    (path,) = site.add(*widgets(1))
    base, _ = site.serve()
    poll(base, path, 1)
    site.make_old(30)
    old = requests.get(base + path, timeout=60)
    assert "ttl=-" in old.headers["Cache-Status"]
    assert 'mixcyfe_polls_total{outcome="stale"} 1.0' in read(base)
    eventually(lambda: "ttl=-" not in requests.get(base + path, timeout=60).headers["Cache-Status"])
    site.make_old(30)

    def ask(token: str) -> Any:
        return requests.get(f"{base}/healthz", headers={"Authorization": f"Bearer {token}"}, timeout=60).json()

    said = ask(TOKEN)
    assert (said["status"], said["migrations_missing"], said["broker"]) == ("ok", [], None)
    assert re.fullmatch(r"\d+\.\d+\.\d+", said["version"])
    assert (said["database"]["ok"], 0 <= said["database"]["milliseconds"] < 1000) == (True, True)
    assert 0 <= said["oldest_overdue_seconds"] - 30 * 60 < 60
    assert said["refresh"]["of"] == 5
    assert said["refresh"]["threads"] >= 1
    assert ask(f"{TOKEN}x") == ask("") == requests.get(f"{base}/healthz", timeout=60).json() == {"status": "ok"}


@pytest.mark.parametrize("host_of", [pytest.param("postgres", marks=needs_cluster)])
def test_the_health_check_reports_the_broker_and_its_loss(
    host: Callable[..., Site], own_redis: Any, tmp_path: Path, host_of: str
) -> None:
    port = free_port()
    broker = own_redis(port)
    settings = {"TASKS": "celery", "BROKER_URL": f"redis://127.0.0.1:{port}/0", "METRICS_TOKEN": TOKEN}
    site = host(host_of, **settings)
    base, _ = site.web()

    def ask() -> Any:
        return requests.get(f"{base}/healthz", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60).json()

    said = eventually(lambda: (found := ask())["broker"]["ok"] and found)
    assert said["broker"]["queued"] == 0
    assert said["database"]["kind"] == "postgresql"
    assert 'mixcyfe_refreshes{state="queued"} 0.0' in read(base)
    paths = site.add(*widgets(2))
    for path in paths:
        requests.get(base + path, timeout=60)  # enqueues a task; no worker takes it
    assert ask()["broker"]["queued"] == 2
    broker.kill()
    broker.wait()
    lost = ask()
    assert (lost["status"], lost["broker"]) == ("ok", {"ok": False})

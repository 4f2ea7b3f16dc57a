"""The commands `serve` and `demo`: they start, answer and stop, and can start again."""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.commands.copy import Copy
from tests.conftest import CLUSTER
from tests.running.site import answers, eventually, free_port
from tests.site.test_private_files import ALL_PRIVATE, modes

pytestmark = pytest.mark.slow


@pytest.fixture
def new_site(tmp_path: Path) -> Iterator[Copy]:
    """A copy without a database. With this umask, everybody can read new files, as on most machines."""
    before = os.umask(0o022)
    yield Copy(tmp_path)
    os.umask(before)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def stop(server: "subprocess.Popen[str]", number: int = signal.SIGTERM) -> str:
    """Sends a signal to the server and returns its output. The exit code must be 0."""
    server.send_signal(number)
    printed, _ = server.communicate(timeout=60)
    assert server.returncode == 0, printed
    return printed


def test_it_migrates_serves_stops_and_does_it_again(new_site: Copy) -> None:
    for _ in range(2):
        port = free_port()
        server = new_site.start("serve", f"--port={port}")
        try:
            eventually(lambda port=port: answers(f"http://127.0.0.1:{port}/healthz"))
            assert modes(new_site.folder, "db.sqlite3*") == ALL_PRIVATE
        finally:
            assert stop(server) == ""
        assert not answers(f"http://127.0.0.1:{port}/healthz")


def test_ctrl_c_stops_all_its_processes(site: Copy) -> None:
    """In an older release, a worker hung forever at every second Ctrl+C."""
    for _ in range(4 if CLUSTER else 2):
        port = free_port()
        server = site.start("serve", f"--port={port}", "--workers=2")
        eventually(lambda port=port: answers(f"http://127.0.0.1:{port}/healthz"))
        os.killpg(server.pid, signal.SIGINT)
        try:
            assert (server.wait(timeout=60), server.communicate()[0]) == (0, "")
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)


def test_it_shares_no_port_with_another_server(site: Copy, taken_port: int) -> None:
    for command, settings in (("serve", {}), ("demo", {"PORT": str(taken_port)})):
        arguments = (f"--port={taken_port}",) if command == "serve" else ()
        result = site.manage(command, *arguments, **settings)
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
        assert str(taken_port) in result.stderr


@pytest.mark.parametrize("where", [("--host=192.0.2.1",), ("--port=70000",)])
def test_it_says_in_one_line_why_it_can_not_use_an_address(site: Copy, where: tuple[str, ...]) -> None:
    result = site.manage("serve", *where)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
    assert "Can't serve on" in result.stderr


def test_it_says_in_one_line_that_the_database_is_down(site: Copy) -> None:
    result = site.manage("serve", f"--port={free_port()}", DATABASE_URL="postgres://mixcyfe:secret@127.0.0.1:1/mixcyfe")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1), result.stderr
    assert "Can't serve: the database can't be reached" in result.stderr
    assert "secret" not in result.stderr


def addresses(server: "subprocess.Popen[str]") -> list[str]:
    """The widgets' addresses that the demo prints before it serves."""
    assert server.stdout is not None
    printed = iter(server.stdout)
    found: list[str] = []
    while len(found) < 19:
        found += re.findall(r"http\S+\.csv", next(printed))
    return found


def test_the_demo_answers_stops_and_starts_again(new_site: Copy) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    server = new_site.start("demo", PORT=str(port))
    try:
        listed = addresses(server)
        eventually(lambda: answers(f"{base}/healthz"))
        kept = modes(new_site.folder, "demo.*")
        assert {"demo.env", "demo.sqlite3"} <= set(kept)
        assert set(kept.values()) == {"600"}
        assert [requests.get(base + page, timeout=60).status_code for page in ("/", "/admin/")] == [200, 200]
        with ThreadPoolExecutor(5) as pool:
            polls = list(pool.map(lambda url: requests.get(url, timeout=60), listed))
        assert [poll.status_code for poll in polls] == [200] * 19
        assert requests.get(listed[0].removesuffix("csv") + "json", timeout=60).status_code == 200
    finally:
        stop(server)
    server = new_site.start("demo", PORT=str(port))
    try:
        assert addresses(server) == listed
        eventually(lambda: answers(f"{base}/healthz"))
    finally:
        stop(server, signal.SIGINT)
    assert not (new_site.folder / "db.sqlite3").exists()  # the real database is left alone

"""SQLite on a disk that is full or read-only: polls still get the stored data, and /healthz names the fault."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from fake_mixpanel.fake import FakeMixpanel
from tests.running.disk import NO_DISK, SmallDisk
from tests.running.site import Site, eventually

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(NO_DISK), reason=NO_DISK)]
SIGNUPS = {"title": "Signups", "report": "events", "events": ["Signed up"]}
FULL = "nothing can be written: the disk is full"
READ_ONLY = "nothing can be written: the database is read-only"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with SmallDisk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def site(tmp_path: Path, fake: FakeMixpanel, disk: SmallDisk) -> Iterator[Site]:
    """A site whose database is on the small disk. Its processes end before the disk is unmounted."""
    with Site(tmp_path, fake.url, DATABASE_URL=f"sqlite:///{disk.folder}/site.sqlite3") as site:
        yield site


def health(base: str) -> tuple[int, str]:
    answer = requests.get(f"{base}/healthz", timeout=60)
    return answer.status_code, answer.json()["status"]


def statuses(url: str, times: int = 10) -> set[int]:
    return {requests.get(url, timeout=60).status_code for _ in range(times)}


def break_it(disk: SmallDisk, way: str) -> Callable[[], None]:
    """Makes the disk FULL or READ_ONLY. Returns the function that repairs it."""
    if way == FULL:
        disk.fill()
        return disk.make_room
    disk.make_read_only()
    return disk.make_writable


def test_polls_go_on_while_the_disk_is_full(site: Site, disk: SmallDisk) -> None:
    path, other = site.add(SIGNUPS, SIGNUPS | {"title": "As a pie", "chart": "pie", "refresh_minutes": 60})
    base, _ = site.web()
    assert statuses(base + path, 1) == {200} == statuses(base + other, 1)
    body = requests.get(base + path, timeout=60).text
    site.make_old(minutes=7 * 60)
    log = len(site.logs())
    disk.fill()
    eventually(lambda: health(base) == (503, "not ok"))
    assert statuses(base + path) == statuses(base + other) == {200}
    # This format was never rendered, and with data this old a poll usually waits for new data.
    json = base + path.removesuffix("csv") + "json"
    assert statuses(json) == {200}
    before = requests.get(json, timeout=60).json()["fetched_at"]
    assert requests.get(base + path, timeout=60).text == body
    for _ in range(20):
        health(base)
    said = site.logs()[log:]
    assert f"/healthz: {FULL}" in said
    assert 0 < len(said.splitlines()) < 10, said
    disk.make_room()
    eventually(lambda: health(base) == (200, "ok"))
    # If the disk had room for a reservation but not for its result, the lease ends MIXPANEL_TIMEOUT + 30 seconds later.
    eventually(lambda: requests.get(json, timeout=60).json()["fetched_at"] > before)


@pytest.mark.parametrize(
    ("way", "ended"),
    [
        (FULL, "stopped"),
        (READ_ONLY, "killed"),
        pytest.param(FULL, "killed", marks=pytest.mark.cluster),
        pytest.param(READ_ONLY, "stopped", marks=pytest.mark.cluster),
    ],
)
def test_it_starts_and_serves_the_stored_data(
    tmp_path: Path, site: Site, disk: SmallDisk, way: str, ended: str
) -> None:
    (path,) = site.add(SIGNUPS)
    base, server = site.serve()
    assert statuses(base + path, 1) == {200}
    site.make_old(minutes=7 * 24 * 60)
    if ended == "killed":
        site.kill(server)
    else:
        server.terminate()
        server.wait(timeout=60)
    mend = break_it(disk, way)
    log = len(site.logs())
    base, server = site.serve(well=503)
    assert health(base) == (503, "not ok")
    assert statuses(base + path) == {200}
    assert site.logs()[log:].splitlines()[0] == f"MixCyfe serves only the stored data; {way}."
    mend()
    if way == FULL:
        eventually(lambda: health(base) == (200, "ok"))
        json = base + path.removesuffix("csv") + "json"
        eventually(lambda: not requests.get(json, timeout=60).json()["stale"])
    server.terminate()
    server.wait(timeout=60)


def test_commands_say_in_one_line_that_nothing_can_be_written(site: Site, disk: SmallDisk) -> None:
    site.add(SIGNUPS)
    disk.make_read_only()
    try:
        for command in (["clean_up"], ["refresh_widgets", "--all"]):
            ended = site.manage(*command, check=False)
            assert ended.returncode == 1
            assert "Traceback" not in ended.stderr
            assert ended.stderr.splitlines()[-1].startswith("The database can't be used: ")
    finally:
        disk.make_writable()

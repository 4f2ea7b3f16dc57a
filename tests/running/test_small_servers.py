"""Servers with one or a few threads: while Mixpanel is slow, polls leave threads free for other requests."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from fake_mixpanel.fake import FakeMixpanel
from tests.running.site import eventually
from tests.running.slow import slow_fake, timed, widgets

pytestmark = pytest.mark.slow

FORKED = """
import os
from django.db import connection
from widgets.models import Snapshot
from widgets.refresh import background
def refreshed():
    snapshot = Snapshot.objects.get()
    connection.close()
    return background.refresher.hand_over(snapshot.pk, snapshot.project_id, snapshot.fetched_at).result(timeout=60).name
print(refreshed(), flush=True)
pid = os.fork()
if pid == 0:
    print(refreshed(), flush=True)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""


@pytest.fixture
def fake() -> Iterator[FakeMixpanel]:
    with slow_fake() as mixpanel:
        yield mixpanel


@pytest.mark.parametrize("threads", [1, 2])
def test_serve_lets_no_poll_wait_in_one_or_two_threads(host: Any, fake: FakeMixpanel, threads: int) -> None:
    site = host(MIXPANEL_TIMEOUT="30")
    paths = site.add(*widgets(3))
    base, _ = site.serve(f"--threads={threads}")
    fake.latency = 5
    assert_answered_at_once(base, paths)
    eventually(lambda: requests.get(base + paths[0], timeout=60).status_code == 200)


def test_a_process_that_answers_with_one_thread_lets_no_poll_wait(host: Any, fake: FakeMixpanel) -> None:
    site = host(MIXPANEL_TIMEOUT="30")
    paths = site.add(*widgets(3))
    base, _ = site.gunicorn()
    fake.latency = 5
    assert_answered_at_once(base, paths)
    eventually(lambda: requests.get(base + paths[0], timeout=60).status_code == 200)


def assert_answered_at_once(base: str, paths: list[str]) -> None:
    with ThreadPoolExecutor(3) as pool:
        polls = list(pool.map(lambda path: timed(lambda: requests.get(base + path, timeout=60)), paths))
    assert {status for status, _ in polls} == {503}
    assert max(seconds for _, seconds in polls) < 2
    status, seconds = timed(lambda: requests.get(f"{base}/healthz", timeout=60))
    assert (status, seconds < 1) == (200, True)


def test_a_forked_process_refreshes_with_threads_of_its_own(host: Any, fake: FakeMixpanel) -> None:
    site = host()
    site.add(*widgets(1))
    assert site.python(FORKED).split() == ["STORED", "FRESH"]

"""Several processes reserve as many queries as they can: together, exactly as many as the limits allow."""

import subprocess
import sys
import time
from typing import Any

import pytest

from tests.apart import APART
from tests.preloaded import Popen
from tests.running.conftest import DATABASES
from tests.running.site import ROOT

pytestmark = pytest.mark.slow

HAMMER = """
import random
from widgets.models import Snapshot
from widgets.refresh.quota import Reservation, claim, end_call
pks = list(Snapshot.objects.values_list("pk", flat=True))
random.shuffle(pks)
granted = 0
for pk in pks * 2:
    claimed = claim(pk, expected_fetched_at=None, purpose="{purpose}")
    if isinstance(claimed, Reservation):
        granted += 1
        if {ends}:
            end_call(claimed, outcome="ok", message="", gave_up=False, counts=True)
print(granted)
"""


def hammer(site: Any, processes: int, *, purpose: str, ends: bool) -> int:
    code = HAMMER.format(purpose=purpose, ends=ends)
    started = [
        Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", code],
            cwd=ROOT,
            env=site.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    ended = [process.communicate(timeout=60) for process in started]
    assert all(process.returncode == 0 for process in started), ended
    return sum(int(out) for out, _ in ended)


def fifty(site: Any, **limits: int) -> None:
    widgets = [
        {"title": f"{i}", "report": "events", "events": ["Signed up"], "last": i + 1, "include_today": True}
        for i in range(50)
    ]
    site.add(*widgets, **limits)


@pytest.mark.parametrize("database", DATABASES)
def test_the_hourly_limit_is_used_exactly(host: Any, database: str) -> None:
    site = host(database)
    fifty(site, hourly_limit=30, concurrent_limit=1000)
    # Two of the 30 calls are reserved for people.
    assert hammer(site, 3, purpose="poll", ends=True) == 28
    assert hammer(site, 2, purpose="person", ends=True) == 2


@pytest.mark.parametrize("database", DATABASES)
def test_the_limit_of_calls_at_once_is_used_exactly(host: Any, database: str) -> None:
    site = host(database)
    fifty(site, hourly_limit=1000, concurrent_limit=5)
    assert hammer(site, 3, purpose="poll", ends=False) == 5


def test_polls_wait_for_running_calls_but_not_for_the_hourly_limit(host: Any, fake: Any) -> None:
    site = host(POLL_WAIT="3")
    widgets = [{"title": f"{i}", "report": "events", "events": ["Signed up"], "last": i + 1, **APART} for i in range(4)]
    paths = site.add(*widgets, hourly_limit=3, concurrent_limit=1)
    base, _ = site.web()
    fake.latency = 0.4
    answers = site.poll_all([base + path for path in paths], pollers=4)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 503]
    assert fake.most_running == 1
    late = next(path for path, answer in zip(paths, answers, strict=True) if answer.status_code == 503)
    started = time.monotonic()
    answer = site.session.get(base + late)
    assert time.monotonic() - started < 1
    assert (answer.status_code, 3500 < int(answer.headers["Retry-After"]) < 3620) == (503, True)
    assert "used up" in answer.text
    assert len(fake.calls) == 3

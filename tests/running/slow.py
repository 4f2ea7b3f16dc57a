"""Three projects are polled all the time while Mixpanel is slow. Tests measure how long other requests take."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, FakeMixpanel
from tests.apart import APART

SLOW = (1, 2, 3)
"""The ids of projects with stale or missing data. The project DEMO_PROJECT_ID has fresh data."""


def slow_fake() -> FakeMixpanel:
    return FakeMixpanel(hourly_limit=10_000, projects=(DEMO_PROJECT_ID, *SLOW))


def widgets(count: int) -> list[dict[str, Any]]:
    return [
        {"title": f"{i}", "report": "events", "events": ["Signed up"], "last": i + 1, "include_today": True, **APART}
        for i in range(count)
    ]


def make_busy(site: Any, start: Callable[[], str]) -> tuple[str, str, list[str]]:
    """Fills and starts a site. Returns its address, the path of a widget with fresh data, and all other paths."""
    slow_projects = [({"name": f"Slow {number}", "project_id": number}, widgets(10)) for number in SLOW]
    healthy, *slow = site.add_all(({}, widgets(1)), *slow_projects)
    stale = [path for number, path in enumerate(slow) if number % 10 < 7]
    base = start()
    answers = site.poll_all([base + path for path in [*stale, healthy]], pollers=2)
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    site.make_old(minutes=30, but="Acme")
    return base, healthy, slow


@contextmanager
def hammered(addresses: list[str], pollers: int = 12) -> Iterator[list[tuple[int, float]]]:
    """Polls the addresses without a pause. Yields a growing list of (status, seconds). Status -1: the poll failed."""
    over = threading.Event()
    log: list[tuple[int, float]] = []

    def poll(number: int) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not over.is_set():
                for address in addresses[number:] + addresses[:number]:
                    if over.is_set():
                        break
                    log.append(timed(lambda address=address: session.get(address, timeout=60)))
                    over.wait(0.02)

    with ThreadPoolExecutor(pollers) as pool:
        for number in range(pollers):
            pool.submit(poll, number)
        try:
            yield log
        finally:
            over.set()


def timed(get: Callable[[], requests.Response]) -> tuple[int, float]:
    started = time.monotonic()
    try:
        status = get().status_code
    except (requests.ConnectionError, requests.Timeout):
        status = -1
    return status, time.monotonic() - started

"""Many polls at once, on several processes: each query runs once, and the calls stay within Mixpanel's limits."""

import time
from typing import Any

import pytest

from tests.apart import APART
from tests.running.conftest import DATABASES, needs_cluster
from tests.running.site import REDIS, eventually

pytestmark = pytest.mark.slow

EVENTS = ("Signed up", "Logged in", "App Open", "Game Played", "Order completed")
UNITS = ((10, "day"), (20, "day"), (4, "week"), (2, "month"))


def fifty_widgets() -> list[dict[str, Any]]:
    """Widgets for 30 queries: 20 queries, each with two charts, share one call per unit, and 10 queries share none."""
    alone = [
        {"title": f"{days}", "report": "events", "events": ["Signed up"], "last": days, **APART}
        for days in range(1, 11)
    ]
    return alone + [
        {
            "title": f"{event} {last} {unit} {chart}",
            "report": "segmentation",
            "events": [event],
            "breakdown": "plan",
            "last": last,
            "unit": unit,
            "chart": chart,
        }
        for chart in ("line", "pie")
        for event in EVENTS
        for last, unit in UNITS
    ]


def storm(site: Any, fake: Any, bases: list[str]) -> float:
    paths = site.add(*fifty_widgets(), hourly_limit=100)
    addresses = [bases[i % len(bases)] + path for i, path in enumerate(paths)]
    started = time.monotonic()
    answers = site.poll_all(addresses, pollers=32)
    took = time.monotonic() - started
    assert [answer.status_code for answer in answers] == [200] * 50, [a.text for a in answers if a.status_code != 200]
    assert len(fake.calls) == 13
    assert fake.most_running <= 5
    assert fake.duplicates_in_flight == 0
    return took


@pytest.mark.parametrize("database", DATABASES)
def test_many_polls_without_data_send_each_query_once(host: Any, fake: Any, database: str) -> None:
    fake.latency = 0.3
    site = host(database, WAITING_POLLS="32")
    bases = [site.web(threads=40)[0], site.web(threads=40)[0]]
    took = storm(site, fake, bases)
    # The calls take 0.9 seconds: 13 calls of 300 ms, 5 at once.
    assert took < 15


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=needs_cluster)])
def test_many_polls_without_data_send_each_query_once_with_workers(host: Any, fake: Any, database: str) -> None:
    fake.latency = 0.3
    site = host(database, TASKS="celery", BROKER_URL=f"{REDIS}/5", WAITING_POLLS="32", POLL_WAIT="20")
    bases = [site.web(threads=40)[0], site.web(threads=40)[0]]
    site.worker()
    site.worker()
    storm(site, fake, bases)
    calls = len(fake.calls)
    site.make_old(minutes=7 * 60)
    path = site.add(*fifty_widgets())[0]  # its query shares no call
    for _ in range(5):
        assert site.session.get(bases[0] + path).status_code == 200
    eventually(lambda: len(fake.calls) == calls + 1)
    time.sleep(1)
    assert len(fake.calls) == calls + 1


@pytest.mark.parametrize("database", DATABASES)
def test_it_refreshes_after_the_answer(host: Any, fake: Any, database: str) -> None:
    site = host(database)
    (path,) = site.add({"title": "a", "report": "events", "events": ["Signed up"], "include_today": True})
    base, _ = site.web()
    assert site.session.get(base + path).status_code == 200
    fake.latency = 1.5
    site.make_old(minutes=30)
    started = time.monotonic()
    answer = site.session.get(base + path)
    assert time.monotonic() - started < 1
    assert "Connection" not in answer.headers
    assert "ttl=-" in answer.headers["Cache-Status"]
    eventually(lambda: "ttl=8" in site.session.get(base + path).headers["Cache-Status"])
    assert len(fake.calls) == 2


@pytest.mark.parametrize("database", DATABASES)
def test_polls_wait_if_the_data_is_far_too_old(host: Any, fake: Any, database: str) -> None:
    site = host(database)
    (path,) = site.add({"title": "a", "report": "events", "events": ["Signed up"], "include_today": True})
    base, _ = site.web()
    site.session.get(base + path)
    site.make_old(minutes=61)
    assert site.session.get(base + path).headers["Cache-Status"] == "mixcyfe; fwd=miss"
    fake.fail(500)
    site.make_old(minutes=61)
    for _ in range(3):
        answer = site.session.get(base + path)
        assert (answer.status_code, "detail=" in answer.headers["Cache-Status"]) == (200, True)
    assert len(fake.calls) == 3

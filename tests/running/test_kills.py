"""`kill -9` in the middle of a query: no data is lost, and the query runs again later."""

import signal
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests.running.conftest import needs_cluster
from tests.running.site import REDIS, eventually, free_port

pytestmark = pytest.mark.slow

WIDGET = {"title": "a", "report": "events", "events": ["Signed up"], "include_today": True}
SHORT = {"MIXPANEL_TIMEOUT": "1", "POLL_WAIT": "1"}
PATIENT = {"MIXPANEL_TIMEOUT": "15", "POLL_WAIT": "1"}
"""A long timeout, so that the query still runs when the test kills the process, even on a busy machine."""


def test_it_recovers_from_a_killed_web_process(host: Any, fake: Any) -> None:
    site = host(**PATIENT)
    (path,) = site.add(WIDGET)
    base, first = site.web()
    good = eventually(lambda: csv_at(site, base + path))
    asked = len(fake.calls)
    site.make_old(minutes=30)
    fake.latency = 20
    site.session.get(base + path)
    eventually(lambda: len(fake.calls) == asked + 1)
    site.kill(first)
    fake.latency = 0
    assert site.sql("SELECT count(*) FROM widgets_snapshot WHERE lease_token != ''") == [(1,)]
    base, _ = site.web()
    assert site.session.get(base + path).content == good
    # No second query starts while the first might still run.
    assert len(fake.calls) == asked + 1
    # Without this line, the lease would end 30 seconds after the timeout.
    site.sql("UPDATE widgets_snapshot SET lease_until = ?", datetime.now(UTC))
    site.session.get(base + path)
    eventually(lambda: "ttl=8" in site.session.get(base + path).headers["Cache-Status"])
    assert len(fake.calls) == asked + 2


def csv_at(site: Any, address: str) -> bytes:
    """The widget's CSV, or b"" while there is none, for example because a worker is still starting."""
    answer = site.session.get(address)
    return answer.content if answer.status_code == 200 else b""


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=needs_cluster)])
def test_it_recovers_from_a_killed_worker(host: Any, fake: Any, database: str) -> None:
    site = host(database, TASKS="celery", BROKER_URL=f"{REDIS}/6", **PATIENT)
    (path,) = site.add(WIDGET)
    base, _ = site.web()
    worker = site.worker()
    good = eventually(lambda: csv_at(site, base + path))
    assert good.startswith(b"Date,")
    asked = len(fake.calls)
    site.make_old(minutes=30)
    fake.latency = 20
    site.session.get(base + path)
    eventually(lambda: len(fake.calls) == asked + 1)
    site.kill(worker)
    fake.latency = 0
    assert site.session.get(base + path).content == good
    site.worker()
    site.sql("UPDATE widgets_snapshot SET lease_until = ?, queued_at = NULL", datetime.now(UTC))
    site.session.get(base + path)
    eventually(lambda: "ttl=8" in site.session.get(base + path).headers["Cache-Status"])


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=needs_cluster)])
def test_it_answers_while_redis_is_gone_and_refreshes_once_it_is_back(
    host: Any, own_redis: Any, fake: Any, database: str
) -> None:
    port = free_port()
    redis = own_redis(port)
    site = host(database, TASKS="celery", BROKER_URL=f"redis://127.0.0.1:{port}/0", **SHORT)
    (path,) = site.add(WIDGET)
    base, _ = site.web()
    site.worker()
    good = eventually(lambda: csv_at(site, base + path))
    redis.kill()
    redis.wait()
    site.make_old(minutes=30)
    for _ in range(3):
        started = time.monotonic()
        answer = site.session.get(base + path)
        assert (answer.status_code, answer.content) == (200, good)
        assert time.monotonic() - started < 1
    # With data this old, polls usually wait for new data, but here no query can start.
    site.make_old(minutes=90)
    started = time.monotonic()
    assert site.session.get(base + path).content == good
    assert time.monotonic() - started < 8
    assert "broker lost" in site.logs()
    assert "Traceback" not in (site.folder / "web.log").read_text()
    own_redis(port)
    eventually(
        lambda: (
            "ttl=8" in site.session.get(base + path).headers["Cache-Status"]
            or site.session.get(base + path).headers["Cache-Status"] == "mixcyfe; fwd=miss"
        )
    )


def test_a_process_that_lost_its_lease_overwrites_nothing(host: Any, fake: Any) -> None:
    site = host(MIXPANEL_TIMEOUT="10")
    (path,) = site.add(WIDGET)
    base, _ = site.web()
    site.session.get(base + path)
    site.make_old(minutes=30)
    fake.latency = 1
    site.session.get(base + path)
    eventually(lambda: len(fake.calls) == 2)
    # Another process takes over the lease and stores newer data while the first process still waits.
    site.sql("UPDATE widgets_snapshot SET lease_token = 'somebody else', report_json = 'newer'")
    eventually(lambda: site.in_flight() == 0)
    assert site.sql("SELECT report_json FROM widgets_snapshot") == [("newer",)]


def test_it_finishes_polls_in_flight_when_it_is_told_to_stop(host: Any, fake: Any) -> None:
    site = host()
    (path,) = site.add(WIDGET)
    base, process = site.web()
    fake.latency = 1.5
    answers: list[requests.Response] = []
    poller = threading.Thread(target=lambda: answers.append(requests.get(base + path, timeout=60)))
    poller.start()
    eventually(lambda: fake.calls)
    process.send_signal(signal.SIGTERM)
    poller.join(timeout=60)
    assert [answer.status_code for answer in answers] == [200]

"""With Celery workers, a poll stops waiting when its query fails. A worker's log line has the id of the poll."""

from collections.abc import Callable
from typing import Any

import requests

from fake_mixpanel.fake import FakeMixpanel
from tests.running.conftest import needs_cluster
from tests.running.site import eventually, free_port
from tests.running.slow import timed, widgets

pytestmark = needs_cluster


def test_a_waiting_poll_ends_as_soon_as_its_query_fails(
    host: Any, fake: FakeMixpanel, own_redis: Callable[[int], object]
) -> None:
    port = free_port()
    own_redis(port)
    site = host("postgres", TASKS="celery", BROKER_URL=f"redis://127.0.0.1:{port}/0")
    warm, cold = site.add(*widgets(2))
    site.worker()
    base, _ = site.web()
    eventually(lambda: requests.get(base + warm, timeout=60).status_code == 200)
    fake.fail(500, {"error": "unknown error"})
    status, seconds = timed(lambda: requests.get(base + cold, timeout=60))
    assert (status, seconds < 4) == (503, True), seconds
    assert len(fake.calls) == 2


def test_a_workers_line_has_the_id_of_the_poll_that_queued_the_query(
    host: Any, own_redis: Callable[[int], object]
) -> None:
    port = free_port()
    own_redis(port)
    site = host("postgres", TASKS="celery", BROKER_URL=f"redis://127.0.0.1:{port}/0", TRUST_PROXY="on")
    (path,) = site.add(*widgets(1))
    site.worker()
    base, _ = site.web()
    for given in ("of-a-cold-poll", "of-a-stale-poll"):
        requests.get(base + path, headers={"X-Request-ID": given}, timeout=60)
        eventually(lambda given=given: f" outcome=ok request={given}\n" in site.logs())
        site.make_old(30)

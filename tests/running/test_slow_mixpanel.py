"""Mixpanel takes 20 or 60 seconds: requests that need new data wait for a few seconds, other requests do not wait."""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, FakeMixpanel
from tests.running.conftest import needs_cluster
from tests.running.site import REDIS, eventually
from tests.running.slow import SLOW, hammered, make_busy, slow_fake, timed, widgets

pytestmark = pytest.mark.slow

POLL_WAIT = 2


@pytest.fixture
def fake() -> Iterator[FakeMixpanel]:
    with slow_fake() as mixpanel:
        yield mixpanel


def assert_quick_meanwhile(site: Any, base: str, healthy: str, slow: list[str]) -> None:
    """Other requests are quick while the slow projects are polled without a pause."""
    with hammered([base + path for path in slow]) as log:
        time.sleep(1)  # until as many polls wait as are allowed to
        for path, status in ((healthy, 200), ("/healthz", 200), ("/admin/login/", 200)):
            measured = [timed(lambda path=path: site.session.get(base + path, timeout=60)) for _ in range(15)]
            assert {one for one, _ in measured} == {status}
            assert max(seconds for _, seconds in measured) < 1, path
    assert {status for status, _ in log} <= {200, 503}
    assert max(seconds for _, seconds in log) < POLL_WAIT + 5


@pytest.mark.parametrize(("latency", "processes"), [(60, 1), pytest.param(20, 2, marks=pytest.mark.cluster)])
def test_other_requests_are_answered_at_once_while_mixpanel_is_slow(
    host: Any, fake: FakeMixpanel, latency: float, processes: int
) -> None:
    site = host(POLL_WAIT=f"{POLL_WAIT}", MIXPANEL_TIMEOUT="30")
    base, healthy, slow = make_busy(site, lambda: site.web(workers=processes)[0])
    fake.latency = latency
    assert_quick_meanwhile(site, base, healthy, slow)


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=needs_cluster)])
def test_other_requests_are_answered_at_once_with_workers_too(host: Any, fake: FakeMixpanel, database: str) -> None:
    broker = {"TASKS": "celery", "BROKER_URL": f"{REDIS}/8"}
    site = host(database, POLL_WAIT=f"{POLL_WAIT}", MIXPANEL_TIMEOUT="30", **broker)

    def start() -> str:
        site.worker()
        return str(site.web()[0])

    base, healthy, slow = make_busy(site, start)
    fake.latency = 20
    assert_quick_meanwhile(site, base, healthy, slow)


def test_only_some_of_many_polls_of_a_widget_without_data_wait(host: Any, fake: FakeMixpanel) -> None:
    site = host(POLL_WAIT="5", MIXPANEL_TIMEOUT="30")
    (path,) = site.add(*widgets(1))
    base, _ = site.web()
    fake.latency = 20
    with ThreadPoolExecutor(40) as pool:
        log = list(pool.map(lambda _: timed(lambda: requests.get(base + path, timeout=60)), range(40)))
    assert {status for status, _ in log} == {503}
    waits = sorted(seconds for _, seconds in log)
    assert (waits[35] < 4, waits[36] >= 5) == (True, True), "four of forty polls wait"
    refused = site.session.get(base + path)
    assert int(refused.headers["Retry-After"]) >= 1
    assert len(fake.calls) == 1


def test_a_poll_of_stale_data_does_not_wait_and_later_polls_get_the_new_data(host: Any, fake: FakeMixpanel) -> None:
    site = host()
    (path,) = site.add(*widgets(1))
    base, _ = site.web(threads=1)
    site.session.get(base + path)
    site.make_old(minutes=30)
    fake.latency = 1.5
    # One connection, so that one thread answers all polls.
    for _ in range(20):
        status, seconds = timed(lambda: site.session.get(base + path))
        assert (status, seconds < 1) == (200, True)
    eventually(lambda: "ttl=8" in site.session.get(base + path).headers["Cache-Status"])
    assert len(fake.calls) == 2


def test_it_takes_turns_between_projects_when_its_threads_are_few(host: Any, fake: FakeMixpanel) -> None:
    site = host(REFRESH_THREADS="2")
    slow = site.add(*widgets(8), name="Slow", project_id=SLOW[0])
    (other,) = site.add(*widgets(1))
    base, _ = site.web()
    site.poll_all([base + path for path in [*slow, other]], pollers=2)
    site.make_old(minutes=30)
    fake.latency = 2
    before = len(fake.calls)
    for path in [*slow, other]:
        assert site.session.get(base + path).status_code == 200
    calls = eventually(lambda: len(fake.calls) >= before + 4 and fake.calls[before:])
    assert DEMO_PROJECT_ID in [call.project_id for call in calls[:4]]


@pytest.mark.parametrize(("server", "most"), [("granian", 4), ("gunicorn", 8)])
def test_it_finishes_a_refresh_that_it_began_when_it_is_told_to_stop(
    host: Any, fake: FakeMixpanel, server: str, most: int
) -> None:
    """After SIGTERM, granian starts no refresh. gunicorn still serves open connections, so it can start more."""
    site = host()
    paths = site.add(*widgets(8))
    base, process = site.web() if server == "granian" else site.gunicorn("-k", "gthread", "--threads=8")
    site.poll_all([base + path for path in paths], pollers=2)
    site.make_old(minutes=30)
    fake.latency = 2
    before = len(fake.calls)
    for path in paths:
        site.session.get(base + path)
    eventually(lambda: len(fake.calls) == before + 4)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    asked = len(fake.calls) - before
    # At the stop, four refreshes ran and four waited.
    assert 4 <= asked <= most
    assert site.in_flight() == 0
    assert site.sql("SELECT lease_token, error FROM widgets_snapshot") == [("", "")] * 8
    again, _ = site.web()
    fresh = [site.session.get(again + path).headers["Cache-Status"] for path in paths]
    assert sum("ttl=8" in status for status in fresh) >= asked


def test_a_server_with_one_thread_refreshes_after_its_answers(host: Any, fake: FakeMixpanel) -> None:
    """As on PythonAnywhere."""
    site = host(REFRESH_THREADS="0", POLL_WAIT=f"{POLL_WAIT}")
    (path,) = site.add(*widgets(1))
    base, _ = site.gunicorn()
    assert site.session.get(base + path).status_code == 200
    site.make_old(minutes=30)
    fake.latency = 1.5
    status, seconds = timed(lambda: requests.get(base + path, timeout=60))
    assert (status, seconds < 1) == (200, True)
    status, seconds = timed(lambda: requests.get(base + path, timeout=60))
    # The second poll waits, because the only process refreshes the data.
    assert (status, 0.5 < seconds < 6) == (200, True)
    assert "ttl=8" in site.session.get(base + path).headers["Cache-Status"]
    assert len(fake.calls) == 2


def test_it_lays_new_data_out_once_for_many_polls(host: Any, fake: FakeMixpanel) -> None:
    site = host(LOG_LEVEL="DEBUG", WAITING_POLLS="8")
    (path,) = site.add(*widgets(1))
    base, _ = site.web(threads=16)
    fake.latency = 0.5
    answers = site.poll_all([base + path] * 8, pollers=8)
    assert [answer.status_code for answer in answers] == [200] * 8
    assert site.logs().count(" render widget=") == 1


def test_people_who_wait_for_mixpanel_leave_threads_for_polls(host: Any, fake: FakeMixpanel) -> None:
    """Twelve lists for the form's pickers, requested at once, could block all eight threads."""
    site = host(MIXPANEL_TIMEOUT="30")
    base, healthy, _ = make_busy(site, lambda: site.web()[0])
    site.python(
        "from django.contrib.auth import get_user_model; "
        "get_user_model().objects.create_superuser('root', 'root@example.com', 'a long password')"
    )
    pks = [pk for (pk,) in site.sql("SELECT id FROM widgets_project")]
    person = requests.Session()
    person.trust_env = False
    person.get(f"{base}/admin/login/")
    token = {"csrfmiddlewaretoken": person.cookies["csrftoken"]}
    person.post(f"{base}/admin/login/", {"username": "root", "password": "a long password", **token})
    token = {"csrfmiddlewaretoken": person.cookies["csrftoken"]}
    fake.latency = 20

    def pick(number: int) -> str:
        form = {"list": "properties", "of": f"Event {number}", "project": pks[number % 3], **token}
        return str(person.post(f"{base}/admin/widgets/widget/lists/", form, timeout=40).json()["problem"])

    with ThreadPoolExecutor(12) as pool:
        picks = [pool.submit(pick, number) for number in range(12)]
        eventually(lambda: sum(each.done() for each in picks) == 10)
        for path in (healthy, "/healthz", "/admin/login/"):
            measured = [timed(lambda path=path: site.session.get(base + path, timeout=60)) for _ in range(10)]
            assert max(seconds for _, seconds in measured) < 1, path
        refused = [each.result() for each in picks if each.done()]
        assert len(refused) == 10, "the other two requests still wait"
        assert all("too many people" in problem for problem in refused)
        fake.stop()


def test_many_queries_that_are_refused_together_hold_the_project_for_a_minute(host: Any, fake: FakeMixpanel) -> None:
    """The backoff doubles with each refusal, but refusals of queries that ran at the same time count as one."""
    site = host()
    paths = site.add(*widgets(5))
    base, _ = site.web()
    site.poll_all([base + path for path in paths], pollers=2)
    site.make_old(minutes=30)
    fake.latency = 0.7
    words = "Query rate limit exceeded. 1/5 queries running concurrently and 61/60 queries running in the last hour."
    fake.fail(429, {"error": words}, headers={"Retry-After": "3600"})
    site.poll_all([base + path for path in paths], pollers=5)
    eventually(lambda: len(fake.calls) >= 9 and site.in_flight() == 0)
    ((count, until),) = site.sql("SELECT backoff_count, unixepoch(backoff_until) FROM widgets_project")
    assert count == 1
    assert 30 < until - time.time() < 65


def test_a_slow_project_leaves_a_thread_to_the_others(host: Any, fake: FakeMixpanel) -> None:
    site = host(MIXPANEL_TIMEOUT="120")
    slow = site.add(*widgets(8), name="Slow", project_id=SLOW[0])
    (other,) = site.add(*widgets(1))
    base, _ = site.web()
    site.poll_all([base + path for path in [*slow, other]], pollers=2)
    site.make_old(minutes=30)
    fake.latency = lambda call: 120 if call.project_id == SLOW[0] else 0
    before = len(fake.calls)
    for path in slow:
        site.session.get(base + path)
    eventually(lambda: len(fake.calls) == before + 4)
    site.session.get(base + other)
    eventually(lambda: "ttl=8" in site.session.get(base + other).headers["Cache-Status"])


def test_a_server_without_threads_fetches_data_even_if_no_poll_may_wait(host: Any, fake: FakeMixpanel) -> None:
    site = host(REFRESH_THREADS="0", WAITING_POLLS="0")
    (path,) = site.add(*widgets(1))
    base, _ = site.gunicorn()
    assert requests.get(base + path, timeout=60).status_code == 503
    eventually(lambda: requests.get(base + path, timeout=60).status_code == 200)
    assert len(fake.calls) == 1

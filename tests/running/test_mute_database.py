"""PostgreSQL is stopped (SIGSTOP): it still accepts connections and queries, but answers none."""

import re
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import requests

from fake_mixpanel.fake import FakeMixpanel
from tests.running.own_postgres import INITDB, OwnPostgres
from tests.running.site import Site, eventually, free_port
from tests.running.slow import widgets
from widgets.poll.changes_postgres import TRUSTED_SECONDS

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not INITDB, reason="left out: initdb is not installed"),
]
PROMISED = 3
Answered = tuple[str, int, float]


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with OwnPostgres() as server:
        yield server


def ask(url: str) -> Answered:
    began = time.monotonic()
    status = requests.get(url, timeout=60, allow_redirects=False).status_code
    return url, status, time.monotonic() - began


def ask_for(seconds: float, urls: list[str], askers: int) -> list[Answered]:
    """All answers that `askers` threads get from these addresses, nearly without a pause."""
    deadline = time.monotonic() + seconds

    def one(n: int) -> list[Answered]:
        answered = []
        while time.monotonic() < deadline:
            answered.append(ask(urls[(n + len(answered)) % len(urls)]))
            time.sleep(0.02)  # else the test itself would use both cores
        return answered

    with ThreadPoolExecutor(askers) as pool:
        return [answer for answered in pool.map(one, range(askers)) for answer in answered]


def test_a_database_that_does_not_answer_blocks_nothing_for_longer_than_three_seconds(
    tmp_path: Path, fake: FakeMixpanel, postgres: OwnPostgres
) -> None:
    with Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        path, *_ = site.add({"title": "Signups", "report": "events", "events": ["Signed up"]})
        base, _ = site.web()
        poll, healthz = base + path, base + "/healthz"
        # The first poll is alone, because only some polls may wait while there is no data.
        assert ask(poll)[1] == 200
        assert {status for _, status, _ in ask_for(1, [poll, healthz], askers=8)} == {200}
        log = len(site.logs())
        for _ in range(2):
            postgres.stop()
            time.sleep(TRUSTED_SECONDS)  # until polls no longer get cached pages
            answers = ask_for(8, [poll, poll, poll, healthz], askers=10)
            postgres.go_on()
            back = time.monotonic()
            assert {status for _, status, _ in answers} == {503}
            assert {url for url, *_ in answers} == {poll, healthz}
            print(f"{len(answers)} answers, slowest {max(seconds for *_, seconds in answers):.2f} s")
            assert max(seconds for *_, seconds in answers) < PROMISED
            # Nearly all are answered at once, because the process knows that the database does not answer.
            assert statistics.median(seconds for *_, seconds in answers) < 0.5
            eventually(lambda: ask(healthz)[1] == 200, seconds=15)
            assert ask(poll)[1] == 200
            print(f"all well {time.monotonic() - back:.2f} s after the database")
        assert requests.get(poll, timeout=60).headers["Cache-Status"].startswith("mixcyfe; hit")
        said = site.logs()[log:].splitlines()
        assert 2 <= len(said) < 20, "\n".join(said)
        assert not re.search("Traceback|postgres@", "\n".join(said))


def test_a_503_has_a_retry_after_header(tmp_path: Path, fake: FakeMixpanel, postgres: OwnPostgres) -> None:
    with Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        path, *_ = site.add({"title": "Signups", "report": "events", "events": ["Signed up"]})
        base, _ = site.web()
        postgres.stop()
        answer = requests.get(base + path, timeout=60)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        answer = requests.get(base + "/healthz", timeout=60)
        assert (answer.status_code, answer.json()) == (503, {"status": "not ok"})


def test_threads_that_work_after_their_answers_give_up_too(
    tmp_path: Path, fake: FakeMixpanel, postgres: OwnPostgres
) -> None:
    """After its answer, each of the eight threads waits for a locked table, to enqueue a Celery task."""
    with Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        paths = site.add(*widgets(8))
        base, process = site.web()
        assert {answer.status_code for answer in site.poll_all([base + path for path in paths], pollers=2)} == {200}
        site.kill(process)
        site.make_old(minutes=30)
        site.env |= {"TASKS": "celery", "BROKER_URL": f"redis://127.0.0.1:{free_port()}/0"}
        base, _ = site.web()
        with psycopg.connect(postgres.url) as other:
            other.execute("LOCK TABLE widgets_snapshot IN EXCLUSIVE MODE")
            assert {answer.status_code for answer in site.poll_all([base + path for path in paths], 8)} == {200}
            time.sleep(0.5)
            postgres.stop()
            try:
                answers = ask_for(1, [base + "/healthz"], askers=2)
            finally:
                postgres.go_on()
        assert {status for _, status, _ in answers} == {503}
        assert max(seconds for *_, seconds in answers) < PROMISED
        eventually(lambda: ask(base + "/healthz")[1] == 200, seconds=15)


def test_a_slow_statement_does_not_count_as_a_database_that_does_not_answer(
    tmp_path: Path, fake: FakeMixpanel, postgres: OwnPostgres
) -> None:
    with Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        path, *_ = site.add({"title": "Signups", "report": "events", "events": ["Signed up"]})
        base, _ = site.web()
        assert ask(base + path)[1] == 200
        with psycopg.connect(postgres.url) as other, ThreadPoolExecutor() as pool:
            other.execute("LOCK TABLE widgets_widget IN ACCESS EXCLUSIVE MODE")
            waiting = pool.submit(ask, base + path)
            time.sleep(5)
            assert ask(base + "/healthz")[1:] < (200, PROMISED)
            assert not waiting.done()
            other.rollback()
            assert waiting.result()[1] == 200


def test_statements_have_a_timeout_and_migrations_have_none(
    tmp_path: Path, fake: FakeMixpanel, postgres: OwnPostgres
) -> None:
    with Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        show = "from django.db import connection as c; k = c.cursor(); k.execute('SHOW statement_timeout'); "
        show += "print(k.fetchone()[0]); "
        migrate = "from django.core.management import call_command; call_command('migrate', verbosity=0); "
        assert site.python(show).split() == ["30s"]
        assert site.python(migrate + show).split() == ["0"]


def test_a_read_only_database_fails_the_health_check(tmp_path: Path, fake: FakeMixpanel, postgres: OwnPostgres) -> None:
    """A standby server is read-only. Some hosts also make a server read-only when its disk is full."""
    with Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        path, *_ = site.add({"title": "Signups", "report": "events", "events": ["Signed up"]})
        base, _ = site.web()
        assert ask(base + path)[1] == 200
        with psycopg.connect(postgres.url, autocommit=True) as other:
            other.execute("ALTER SYSTEM SET default_transaction_read_only = on")
            other.execute("SELECT pg_reload_conf()")
        eventually(lambda: ask(base + "/healthz")[1] == 503)
        assert "/healthz: nothing can be written: the database is read-only" in site.logs()
        site.env["DATABASE_URL"] += "?options=-c%20default_transaction_read_only%3Doff"
        site.make_old(minutes=7 * 24 * 60)
        assert {status for _, status, _ in ask_for(2, [base + path], askers=2)} == {200}

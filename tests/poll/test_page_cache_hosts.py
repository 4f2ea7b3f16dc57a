"""The page cache on several hosts: none misses a change, even if its connection to PostgreSQL is cut."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.poll.cached_site import PROMISED, WIDGET, filled
from tests.poll.silent_proxy import SilentProxy
from tests.running.conftest import fake, host, needs_cluster
from tests.running.own_postgres import INITDB, OwnPostgres
from tests.running.site import Site, eventually

__all__ = ["fake", "filled", "host"]


def listeners(site: Site, then: str = "pid") -> list[Any]:
    return site.sql(
        f"SELECT {then} FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'pg_trigger' "
        "AND pid <> pg_backend_pid()"
    )


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Locks the table of widgets, so that only polls without the database are answered."""
    import psycopg

    with psycopg.connect(site.env["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE widgets_widget IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def status(site: Site, base: str, timeout: float = 20) -> int:
    return int(site.session.get(base + site.path, timeout=timeout).status_code)


def until_hosts_keep(site: Site, hosts: list[str]) -> None:
    def keeps(base: str) -> bool:
        assert status(site, base) == 200
        with locked(site):
            try:
                return status(site, base, timeout=0.3) == 200
            except OSError:
                return False

    for base in hosts:
        eventually(lambda base=base: keeps(base))


def replace_slug(site: Site) -> float:
    """Gives the widget a new address. Returns the time (`time.monotonic()`)."""
    new = f"{time.time_ns():030d}"
    site.sql("UPDATE widgets_widget SET slug = ?", new)
    done = time.monotonic()
    site.old_path, site.path = site.path, f"/w/{new}.csv"
    return done


def assert_gone_in_time(site: Site, hosts: list[str], done: float) -> None:
    for base in hosts:
        eventually(lambda base=base: site.session.get(base + site.old_path, timeout=20).status_code == 404)
    assert time.monotonic() - done < PROMISED
    for base in hosts:
        assert site.session.get(base + site.old_path, timeout=20).status_code == 404


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_every_host_refuses_a_replaced_address_within_a_second(filled: Site) -> None:
    hosts = [filled.web(workers=2)[0], filled.gunicorn("--threads=4")[0]]
    until_hosts_keep(filled, hosts)
    for _ in range(5):
        assert_gone_in_time(filled, hosts, replace_slug(filled))
        for base in hosts:
            assert status(filled, base) == 200


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_a_process_listens_once_when_its_first_polls_come_together(filled: Site) -> None:
    for started in range(1, 4):
        base, _ = filled.web()
        together = threading.Barrier(8)

        def poll(base: str = base, together: threading.Barrier = together) -> None:
            with closing(HTTPConnection(base.removeprefix("http://"), timeout=60)) as link:
                link.connect()
                together.wait()
                link.request("GET", filled.path)
                link.getresponse()

        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(poll) for _ in range(8)]:
                done.result()
        until_hosts_keep(filled, [base])
        time.sleep(0.5)
        assert len(listeners(filled)) == started


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_no_change_is_missed_while_the_connection_is_killed_again_and_again(filled: Site) -> None:
    hosts = [filled.web()[0], filled.web()[0]]
    until_hosts_keep(filled, hosts)
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.02):
            listeners(filled, "pg_terminate_backend(pid)")

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        for _ in range(10):
            assert_gone_in_time(filled, hosts, replace_slug(filled))
            assert [status(filled, base) for base in hosts] == [200, 200]
    finally:
        over.set()
        killer.join()
    until_hosts_keep(filled, hosts)
    assert len(filled.logs().splitlines()) < 40


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_a_silent_connection_is_replaced(filled: Site) -> None:
    direct = filled.env["DATABASE_URL"]
    proxy = SilentProxy(direct)
    filled.env["DATABASE_URL"] = proxy.url
    base, _ = filled.web()
    filled.env["DATABASE_URL"] = direct
    until_hosts_keep(filled, [base])
    proxy.silence()
    assert_gone_in_time(filled, [base], replace_slug(filled))
    until_hosts_keep(filled, [base])
    assert_gone_in_time(filled, [base], replace_slug(filled))


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_a_process_that_was_paused_reads_the_database_first(filled: Site) -> None:
    base, process = filled.web()
    until_hosts_keep(filled, [base])
    for paused in (2 * PROMISED, 0.1):
        os.killpg(process.pid, signal.SIGSTOP)
        try:
            done = replace_slug(filled)
            time.sleep(paused)
        finally:
            os.killpg(process.pid, signal.SIGCONT)
        if paused > PROMISED:
            assert filled.session.get(base + filled.old_path, timeout=20).status_code == 404
        else:
            assert_gone_in_time(filled, [base], done)
        until_hosts_keep(filled, [base])


@pytest.mark.cluster
@pytest.mark.skipif(not INITDB, reason="left out: initdb is not installed")
def test_a_restarted_database_is_listened_to_again(tmp_path: Any, fake: FakeMixpanel) -> None:
    with OwnPostgres() as postgres, Site(tmp_path, fake.url, DATABASE_URL=postgres.url) as site:
        (site.path,) = site.add(WIDGET)
        hosts = [site.web()[0], site.web()[0]]
        until_hosts_keep(site, hosts)
        for _ in range(2):
            postgres.restart()
            assert_gone_in_time(site, hosts, replace_slug(site))
            until_hosts_keep(site, hosts)


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_a_disabled_trigger_is_noticed(filled: Site) -> None:
    base, _ = filled.web()
    until_hosts_keep(filled, [base])
    filled.sql("ALTER TABLE widgets_widget DISABLE TRIGGER widgets_polls")
    time.sleep(PROMISED)
    replace_slug(filled)
    assert filled.session.get(base + filled.old_path, timeout=20).status_code == 404
    filled.sql("ALTER TABLE widgets_widget ENABLE TRIGGER widgets_polls")
    until_hosts_keep(filled, [base])
    assert_gone_in_time(filled, [base], replace_slug(filled))
    until_hosts_keep(filled, [base])
    for _ in range(5):  # between two checks of the triggers
        filled.sql("ALTER TABLE widgets_widget DISABLE TRIGGER widgets_polls")
        done = replace_slug(filled)
        filled.sql("ALTER TABLE widgets_widget ENABLE TRIGGER widgets_polls")
        assert_gone_in_time(filled, [base], done)
        until_hosts_keep(filled, [base])


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_a_restore_without_ordinary_triggers_is_noticed(filled: Site) -> None:
    import psycopg

    base, _ = filled.web()
    until_hosts_keep(filled, [base])
    with psycopg.connect(filled.env["DATABASE_URL"]) as other:
        other.execute("SET session_replication_role = replica")
        other.execute("UPDATE widgets_widget SET slug = %s", [new := f"{time.time_ns():030d}"])
    done = time.monotonic()
    filled.old_path, filled.path = filled.path, f"/w/{new}.csv"
    assert_gone_in_time(filled, [base], done)


@pytest.mark.cluster
@pytest.mark.skipif(not shutil.which("pgbouncer"), reason="left out: pgbouncer is not installed")
@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_behind_a_pooler_every_poll_reads_without_prepared_statements(filled: Site) -> None:
    from tests.poll.pgbouncer import pooled

    with pooled(filled.folder, filled.env["DATABASE_URL"]) as url:
        filled.env["DATABASE_URL"] = url
        hosts = [filled.web()[0], filled.web()[0]]
        for _ in range(10):
            assert filled.poll_all([base + filled.path for base in hosts * 8], pollers=8)[0].status_code == 200
        done = replace_slug(filled)
        assert {filled.session.get(base + filled.old_path).status_code for base in hosts} == {404}
        assert time.monotonic() - done < PROMISED
        assert "behind a pooler" in filled.logs()
        assert "prepared statement" not in filled.logs()

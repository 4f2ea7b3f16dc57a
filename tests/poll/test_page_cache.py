"""Polls that are answered from the page cache: the same bytes as without it, and never after a change."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.running.conftest import DATABASES, host, needs_cluster, standin  # noqa: F401 - fixtures
from tests.running.own_postgres import INITDB, OwnPostgres
from tests.running.site import Site, eventually

WIDGET = {"title": "hot", "report": "segmentation", "events": ["Signed up"], "breakdown": "plan"}
PROMISED = 1
"""Seconds after a change until every host shows it, on PostgreSQL. On SQLite there is no wait."""

ONE_PROCESS = """
from datetime import UTC, datetime, timedelta
from tests.poll.one_process import *
from tests.running.site import eventually
from widgets.models import *
widget = Widget.objects.get(title="hot")
path = f"/w/{widget.slug}.csv"
def until_kept(path=path):
    poll(path), poll(path), poll(path)
    eventually(lambda: poll(path).statements == 0)
"""


@pytest.fixture
def filled(host: Any, request: Any) -> Site:  # noqa: F811
    """A site with one widget. Give its database, and settings, with `indirect`."""
    given = getattr(request, "param", "sqlite")
    database, settings = given if isinstance(given, tuple) else (given, {})
    site = host(database, **settings)
    (site.path,) = site.add(WIDGET)
    return site


def run(site: Site, code: str) -> list[str]:
    return site.python(ONE_PROCESS + code).split("\n")[:-1]


on_both = pytest.mark.parametrize("filled", DATABASES, indirect=True)


@on_both
def test_all_ways_give_the_same_bytes_at_any_moment(filled: Site) -> None:
    said = run(
        filled,
        """
until_kept()
until_kept(path.replace("csv", "json"))
due = Snapshot.objects.get().due_at
Snapshot.objects.update(lease_until=due + timedelta(days=1))  # no refresh between the three ways
etag = dict(poll(path).headers)["ETag"]
tags = ["", etag, f"W/{etag}", f'"other", {etag}', "*", '"other"', "x\\ty", etag.upper()]
start = datetime.now(UTC)
moments = [start + timedelta(seconds=s) for s in (0, 0.3, 1, 1.999999, 600, 3500)]
different = kept = 0
for path in (path, path.replace("csv", "json")):
    for at in [*moments, due - timedelta(microseconds=1), due - timedelta(seconds=1), due, due + timedelta(seconds=1)]:
        Widget.objects.update(last_polled_at=at - timedelta(minutes=1))
        for tag in tags:
            for method in ("GET", "HEAD"):
                three = polled_the_three_ways(path, at, method=method, HTTP_IF_NONE_MATCH=tag)
                different += len({str(way.answer) for way in three}) != 1
                kept += at < due and three[1].statements == 0
                assert three[0].statements, "it was read"
print(different, kept)
assert {way.status for way in three} == {"200 OK"}
""",
    )
    different, kept = map(int, said[0].split())
    # Two formats, eight moments before it is due, eight tags, two methods; a busy machine may miss a proof of the link.
    assert (different, 200 < kept <= 2 * 8 * 8 * 2) == (0, True)


def test_the_seconds_are_right_when_the_clock_jumps(filled: Site) -> None:
    run(
        filled,
        """
until_kept()
due = Snapshot.objects.get().due_at
for seconds in (5, 4.5, 4, 100, 1, 50):
    with time_machine.travel(due - timedelta(seconds=seconds), tick=False):
        Widget.objects.update(last_polled_at=datetime.now(UTC))
        for _ in range(3):
            headers = dict(poll(path).headers)
            assert headers["Cache-Control"] == f"private, max-age={int(seconds)}", headers
            assert headers["Cache-Status"] == f"mixcyfe; hit; ttl={int(seconds)}", headers
""",
    )


@on_both
def test_an_address_without_a_widget_costs_one_statement_and_is_answered_as_by_django(filled: Site) -> None:
    run(
        filled,
        """
until_kept()
paused = Widget.objects.create(project=widget.project, title="paused", report="events", events=["a"], active=False)
replaced = widget.slug
widget.replace_slug()
answers = set()
for slug in ("x" * 24, paused.slug, replaced):
    for method in ("GET", "HEAD"):
        for _ in range(2):
            fast = poll(f"/w/{slug}.csv", method=method)
            assert fast.statements == 1, fast
            assert fast.answer == poll(f"/w/{slug}.csv", fast_path.django, method=method).answer
            answers.add(str((method, fast.answer)))
assert len(answers) == 2
""",
    )


@on_both
def test_it_answers_no_request_that_django_would_refuse_or_redirect(filled: Site) -> None:
    filled.env |= {"SITE_URL": "https://127.0.0.1", "TRUST_PROXY": "on", "HSTS_SECONDS": "60"}
    run(
        filled,
        """
https = {"HTTP_X_FORWARDED_PROTO": "https"}
poll(path, **https)
eventually(lambda: poll(path, **https).statements == 0)
assert dict(poll(path, **https).headers)["Strict-Transport-Security"] == "max-age=60"
odd = {
    "a scheme": {}, "http": {"HTTP_X_FORWARDED_PROTO": "http"}, "two": {"HTTP_X_FORWARDED_PROTO": "https,http"},
    "host": https | {"HTTP_HOST": "evil.example"}, "no host": https | {"HTTP_HOST": ""},
    "port": https | {"HTTP_HOST": "127.0.0.1:x"}, "user": https | {"HTTP_HOST": "a@127.0.0.1"},
    "post": https | {"method": "POST"}, "options": https | {"method": "OPTIONS"},
    "body": https | {"CONTENT_LENGTH": "7"}, "query": https | {"QUERY_STRING": "a=%0d%0aSet-Cookie:x"},
    "cookie": https | {"HTTP_COOKIE": "sessionid=x"}, "dot": https | {"HTTP_HOST": "127.0.0.1."},
}
now = datetime.now(UTC)
statuses = {}
for name, environ in odd.items():
    with time_machine.travel(now, tick=False):
        ours, django = poll(path, **environ), poll(path, fast_path.django, **environ)
    assert ours.answer == django.answer, (name, ours, django)
    assert "evil" not in str(ours) and "Set-Cookie" not in str(ours)
    statuses[name] = ours.status[:3]
print(statuses)
assert [statuses[name] for name in ("a scheme", "http", "host", "post", "query")] == ["301", "301", "400", "405", "200"]
for address in (path + "/", path.upper(), path + "%00", path + "\\n", path.replace("csv", "CSV"), "/" + path):
    assert poll(address, **https).status[:3] == "404", address
""",
    )


@on_both
def test_it_still_notes_the_poll_every_hour(filled: Site) -> None:
    run(
        filled,
        """
until_kept()
start = datetime.now(UTC)
Widget.objects.update(last_polled_at=start)
for minutes, noted in ((1, False), (59, False), (60, True), (100, False), (121, True)):
    with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
        poll(path), poll(path), poll(path)
        now = datetime.now(UTC)
        assert (Widget.objects.get().last_polled_at == now) == noted, minutes
""",
    )


@on_both
def test_whatever_is_changed_is_seen(filled: Site) -> None:
    """Each kind of change that shows in a poll, made by another connection."""
    run(
        filled,
        f"""
import time
from concurrent.futures import ThreadPoolExecutor
until_kept()
changes = [
    "widget = Widget.objects.get(); widget.title = 'hot'; widget.colors = ['#123456']; widget.save()",
    "Snapshot.objects.update(error='broken')",
    "Snapshot.objects.update(error='')",
    "Project.objects.update(full_until=datetime.now(UTC) + timedelta(hours=1))",
    "Project.objects.update(full_until=None)",
    "Project.objects.update(secret='')",
    "Snapshot.objects.update(due_at=datetime.now(UTC), retry_at=None)",
    "Rendering.objects.update(problem='odd')",
    "Rendering.objects.all().delete()",
    "Widget.objects.update(active=False)",
    "Widget.objects.update(active=True)",
    "Widget.objects.get().delete()",
]
for change in changes:
    poll(path), poll(path)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(exec, change, globals()).result()
        pool.submit(connection.close)
    time.sleep({PROMISED} * (connection.vendor == "postgresql"))
    after = poll(path)
    for _ in range(3):
        assert poll(path).answer[2] == poll(path, fast_path.django).answer[2]
    assert after.statements, change
""",
    )


def test_pages_are_bounded_in_bytes_and_the_least_used_goes_first(filled: Site) -> None:
    filled.add(*({**WIDGET, "title": f"w{n}", "last": n + 1} for n in range(10)))
    run(
        filled,
        """
from widgets.poll import page_cache
until_kept()
page_cache.MAX_BYTES = 4 * fast_path.pages._bytes + 2000
paths = [f"/w/{slug}.csv" for slug in Widget.objects.exclude(title="hot").values_list("slug", flat=True)]
for other in paths:
    poll(other), poll(other), poll(other), poll(path)
    assert fast_path.pages._bytes <= page_cache.MAX_BYTES
    assert fast_path.pages._bytes == sum(page.size for page in fast_path.pages._pages.values())
assert poll(path).statements == 0, "it is used most"
assert poll(paths[-1]).statements == 0
assert poll(paths[0]).statements == 1
""",
    )


@pytest.mark.parametrize(
    "filled", [("sqlite", {}), ("sqlite", {"SQLITE_JOURNAL": "delete"})], indirect=True, ids=["wal", "delete"]
)
def test_several_threads_see_each_commit_at_once(filled: Site) -> None:
    run(
        filled,
        """
import sqlite3, threading
from concurrent.futures import ThreadPoolExecutor
until_kept()
other = sqlite3.connect(connection.settings_dict["NAME"], timeout=20, isolation_level=None)
with ThreadPoolExecutor(4) as pool:
    assert {p.status for p in pool.map(lambda _: poll(path), range(200))} == {"200 OK"}
    for round in range(50):
        for active, status in ((0, "404 Not Found"), (1, "200 OK")):
            other.execute("UPDATE widgets_widget SET active = ?", [active])
            assert {p.status for p in pool.map(lambda _: poll(path), range(8))} == {status}
            pool.submit(connection.close)
assert poll(path).statements == 0 or poll(path).statements == 0
""",
    )


def test_a_locked_database_file_is_read_as_before(filled: Site) -> None:
    filled.env["SQLITE_JOURNAL"] = "delete"
    run(
        filled,
        """
import sqlite3, threading, time
until_kept()
other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, check_same_thread=False)
other.execute("BEGIN EXCLUSIVE")
other.execute("UPDATE widgets_widget SET active = 0")
threading.Timer(0.5, lambda: other.execute("COMMIT")).start()
assert poll(path).status == "404 Not Found", "it waited for the writer"
""",
    )


def test_a_replaced_database_file_ends_the_cache(filled: Site) -> None:
    run(
        filled,
        """
import os, shutil, time
until_kept()
file = connection.settings_dict["NAME"]
shutil.copy(file, file + ".backup")
os.replace(file + ".backup", file)
time.sleep(1.1)
assert {poll(path).statements for _ in range(5)} == {1}
""",
    )


@on_both
def test_a_forked_process_has_pages_and_connections_of_its_own(filled: Site) -> None:
    said = run(
        filled,
        f"""
import os, time
until_kept()
connection.close()
ours, theirs = os.pipe()
pid = os.fork()
if pid == 0:
    assert fast_path.pages is None
    until_kept()
    os.write(theirs, b"x")
    eventually(lambda: poll(path).status[:3] == "404")
    os._exit(0)
os.read(ours, 1)
until_kept()
connection.close()
Widget.objects.update(active=False)
time.sleep({PROMISED} * (connection.vendor == "postgresql"))
print(poll(path).status, os.waitpid(pid, 0)[1])
""",
    )
    assert said == ["404 Not Found 0"]


@pytest.mark.parametrize(
    "filled", [pytest.param(("postgres", {"REFRESH_THREADS": "0"}), marks=needs_cluster)], indirect=True
)
def test_without_threads_every_poll_reads(filled: Site) -> None:
    run(
        filled,
        """
import time
for _ in range(8):
    counts = [poll(path).statements for _ in range(3)]
    time.sleep(0.2)
assert counts == [1, 1, 1], counts
""",
    )


def listeners(site: Site, then: str = "pid") -> list[Any]:
    return site.sql(
        f"SELECT {then} FROM pg_stat_activity WHERE datname = current_database() AND query ~ 'pg_trigger' "
        "AND pid <> pg_backend_pid()"
    )


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Nobody can read widgets: only kept pages are answered."""
    import psycopg

    with psycopg.connect(site.env["DATABASE_URL"]) as other:
        other.execute("LOCK TABLE widgets_widget IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def status(site: Site, base: str, timeout: float = 20) -> int:
    return int(site.session.get(base + site.path, timeout=timeout).status_code)


def until_hosts_keep(site: Site, hosts: list[str]) -> None:
    """Polls until each host answers from its pages."""

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
    """When it is done."""
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
def test_every_host_hears_of_a_replaced_address_within_a_second(filled: Site) -> None:
    hosts = [filled.web(workers=2)[0], filled.gunicorn("--threads=4")[0]]
    until_hosts_keep(filled, hosts)
    for _ in range(5):
        assert_gone_in_time(filled, hosts, replace_slug(filled))
        for base in hosts:
            assert status(filled, base) == 200


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_nothing_is_missed_while_the_link_is_killed_again_and_again(filled: Site) -> None:
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
def test_a_process_that_was_paused_reads_first(filled: Site) -> None:
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
def test_a_restarted_database_is_listened_to_again(tmp_path: Any, standin: FakeMixpanel) -> None:  # noqa: F811
    with OwnPostgres() as postgres, Site(tmp_path, standin.url, DATABASE_URL=postgres.url) as site:
        (site.path,) = site.add(WIDGET)
        hosts = [site.web()[0], site.web()[0]]
        until_hosts_keep(site, hosts)
        for _ in range(2):
            postgres.restart()
            assert_gone_in_time(site, hosts, replace_slug(site))
            until_hosts_keep(site, hosts)


@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_tables_without_their_triggers_are_read(filled: Site) -> None:
    base, _ = filled.web()
    until_hosts_keep(filled, [base])
    filled.sql("ALTER TABLE widgets_widget DISABLE TRIGGER widgets_polls")
    time.sleep(PROMISED)
    done = replace_slug(filled)
    assert filled.session.get(base + filled.old_path, timeout=20).status_code == 404
    filled.sql("ALTER TABLE widgets_widget ENABLE TRIGGER widgets_polls")
    until_hosts_keep(filled, [base])
    assert_gone_in_time(filled, [base], max(done, replace_slug(filled)))


@pytest.mark.cluster
@pytest.mark.skipif(not shutil.which("pgbouncer"), reason="left out: pgbouncer is not installed")
@pytest.mark.parametrize("filled", [pytest.param("postgres", marks=needs_cluster)], indirect=True)
def test_behind_a_pooler_every_poll_reads_and_prepares_nothing(filled: Site) -> None:
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

"""The page cache with threads, with forked processes, and with a database file that is locked or replaced."""

import pytest

from tests.poll.cached_site import PROMISED, filled, on_both, run
from tests.running.conftest import fake, host, needs_cluster
from tests.running.site import Site

__all__ = ["fake", "filled", "host"]
pytestmark = pytest.mark.slow


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
def test_without_threads_every_poll_reads_the_database(filled: Site) -> None:
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

"""Load during the measured polls: refreshes of other widgets, or another process that commits."""

import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from tests.running.site import Site

WIDGET = {"title": "hot", "report": "segmentation", "events": ["Signed up"], "breakdown": "plan"}

OTHER_WRITES = """
import time
from django.db import connection
while True:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE widgets_apicall SET what = what WHERE id = (SELECT min(id) FROM widgets_apicall)")
    time.sleep(0.1)
"""


@contextmanager
def committing(site: Site) -> Iterator[None]:
    """Runs another process that commits about ten times per second."""
    process = site.start([sys.executable, "manage.py", "shell", "-v0", "-c", OTHER_WRITES], "writer.log")
    time.sleep(3)
    yield
    site.kill(process)


@contextmanager
def refreshing(site: Site, base: str, *, every: float, at_once: int) -> Iterator[None]:
    """Makes twenty other widgets. Every `every` seconds, makes the next `at_once` of them stale and polls them."""
    paths = site.add(*({**WIDGET, "title": f"stale {i}", "last": i + 80} for i in range(20)))
    site.poll_all([base + path for path in paths], 4)
    over = threading.Event()

    def poll() -> None:
        turn = 0
        while not over.wait(every):
            chosen = [paths[(turn + i) % len(paths)] for i in range(at_once)]
            turn += at_once
            slugs = ", ".join(f"'{slug_of(path)}'" for path in chosen)
            stale = f"SELECT snapshot_id FROM widgets_widget WHERE slug IN ({slugs})"
            site.sql(f"UPDATE widgets_snapshot SET due_at = fetched_at WHERE id IN ({stale})")
            site.poll_all([base + path for path in chosen], 1)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(poll)
        yield
        over.set()


def slug_of(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]

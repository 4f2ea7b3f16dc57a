"""Another process holds SQLite's write lock, for example an import. Polls are answered without that lock."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import requests

from fake_mixpanel.fake import FakeMixpanel
from tests.running.site import eventually
from tests.running.slow import timed, widgets

pytestmark = pytest.mark.slow

TO_WRITE = {
    "when widgets were polled": "UPDATE widgets_widget SET last_polled_at = NULL",
    "layouts": "DELETE FROM widgets_rendering",
}


@pytest.mark.parametrize("write", TO_WRITE)
def test_polls_and_health_checks_are_answered_before_their_writes(host: Any, fake: FakeMixpanel, write: str) -> None:
    site = host()
    paths = site.add(*widgets(9))
    base, _ = site.web()
    assert {answer.status_code for answer in site.poll_all([base + path for path in paths], pollers=2)} == {200}
    site.sql(TO_WRITE[write])
    with closing(sqlite3.connect(site.folder / "site.sqlite3", timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(9) as pool:
            polls = list(pool.map(lambda path: timed(lambda: requests.get(base + path, timeout=60)), paths))
        again = [timed(lambda path=path: requests.get(base + path, timeout=60)) for path in ("/healthz", *paths)]
        other.execute("ROLLBACK")
    assert {status for status, _ in polls + again} == {200}
    assert max(seconds for _, seconds in polls + again) < 4
    eventually(lambda: is_noted(site, [base + path for path in paths]))


def is_noted(site: Any, addresses: list[str]) -> bool:
    """Polls all widgets again, and returns whether every widget now has the time of its last poll."""
    site.poll_all(addresses, pollers=1)
    return site.sql("SELECT count(*) FROM widgets_widget WHERE last_polled_at IS NULL") == [(0,)]

"""For tests of the page cache: a site with one widget, and code that runs in a process of that site."""

from typing import Any

import pytest

from tests.running.conftest import DATABASES
from tests.running.site import Site

WIDGET = {"title": "hot", "report": "segmentation", "events": ["Signed up"], "breakdown": "plan"}
PROMISED = 1
"""On PostgreSQL, every host shows a change within this number of seconds; on SQLite, at once."""

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
def filled(host: Any, request: Any) -> Site:
    """A site with one widget. `indirect` parameters choose its database and settings."""
    given = getattr(request, "param", "sqlite")
    database, settings = given if isinstance(given, tuple) else (given, {})
    site = host(database, **settings)
    (site.path,) = site.add(WIDGET)
    return site


def run(site: Site, code: str) -> list[str]:
    return site.python(ONE_PROCESS + code).split("\n")[:-1]


on_both = pytest.mark.parametrize("filled", DATABASES, indirect=True)

"""A web host whose clock is wrong, with a PostgreSQL server whose clock is right."""

from typing import Any

import pytest

from tests.running.conftest import needs_cluster

pytestmark = pytest.mark.slow

POLLED_BY_A_HOST_THAT_IS_AHEAD = """
import time_machine
from datetime import timedelta
from django.test import Client
from django.utils import timezone
from widgets.models import HostClock
with time_machine.travel(timezone.now() + timedelta(minutes=10)):
    for _ in range(20):
        assert Client().get("{path}", headers={{"Host": "127.0.0.1"}}).status_code == 200
print(round(HostClock.objects.get().ahead, -1))
"""


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=needs_cluster)])
def test_a_host_whose_clock_is_ahead_sends_no_extra_query_and_is_reported(host: Any, fake: Any, database: str) -> None:
    site = host(database, REFRESH_THREADS="0")
    (path,) = site.add({"title": "a", "report": "events", "events": ["Signed up"], "refresh_minutes": 5})
    site.python(f"from django.test import Client; Client().get('{path}', headers={{'Host': '127.0.0.1'}})")
    assert len(fake.calls) == 1
    assert site.python(POLLED_BY_A_HOST_THAT_IS_AHEAD.format(path=path)).strip() == "600.0"
    assert len(fake.calls) == 1

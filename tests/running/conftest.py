"""Fixtures that start whole sites on SQLite and, if a server is available, on PostgreSQL."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.running.site import POSTGRES, REDIS, Site


def postgres_missing() -> str:
    try:
        import psycopg

        psycopg.connect(f"{POSTGRES}/postgres", connect_timeout=2).close()
    except Exception as error:
        return f"left out: no PostgreSQL at {POSTGRES} ({type(error).__name__})"
    return ""


def redis_missing() -> str:
    try:
        import redis

        redis.Redis.from_url(REDIS, socket_connect_timeout=2).ping()
    except Exception as error:
        return f"left out: no Redis at {REDIS} ({type(error).__name__})"
    return ""


NO_POSTGRES = postgres_missing()
NO_REDIS = redis_missing()
DATABASES = [
    "sqlite",
    pytest.param("postgres", marks=[pytest.mark.cluster, pytest.mark.skipif(bool(NO_POSTGRES), reason=NO_POSTGRES)]),
]
needs_cluster = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(NO_POSTGRES or NO_REDIS), reason=NO_POSTGRES or NO_REDIS),
]


@pytest.fixture
def fake() -> Iterator[FakeMixpanel]:
    with FakeMixpanel(hourly_limit=10_000) as mixpanel:
        yield mixpanel


@pytest.fixture
def host(tmp_path: Path, fake: FakeMixpanel) -> Iterator[Callable[..., Site]]:
    """A function that makes a site, for example `host("postgres", TASKS="celery")`."""
    with ExitStack() as ended:

        def make(database: str = "sqlite", **settings: Any) -> Site:
            return ended.enter_context(Site(tmp_path, fake.url, database, **settings))

        yield make


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """A function that starts a Redis server, which the test can kill."""
    started: list[subprocess.Popen[bytes]] = []

    def start(port: int) -> "subprocess.Popen[bytes]":
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(timeout=60)

"""Two web processes, two workers, PostgreSQL and Redis: each is killed or cut off while polls continue.

`pytest -rP tests/cluster` prints the table in docs/more-than-one-machine.md.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from fake_mixpanel.fake import FakeMixpanel
from tests.cluster.polling import Poller
from tests.deploy.proxy import Certificate, Proxy, make_certificate
from tests.deploy.test_nginx import NGINX, rendered
from tests.deploy.test_systemd import command_of
from tests.running.conftest import NO_POSTGRES
from tests.running.site import POSTGRES, Site, eventually, free_port

NO_REDIS_SERVER = "" if shutil.which("redis-server") else "left out: redis-server is not installed"
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(bool(NO_POSTGRES or NO_REDIS_SERVER), reason=NO_POSTGRES or NO_REDIS_SERVER),
]
EVENTS = ("Signed up", "Logged in", "App Open", "Game Played", "Order completed", "Page viewed")
MINUTES_BETWEEN_QUERIES = 0.1
NOTHING_RUNS = "both web processes killed"


@pytest.fixture
def redis_port() -> int:
    return free_port()


@pytest.fixture
def start_redis(tmp_path: Path, redis_port: int) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    """A function that starts a Redis server, which the test can kill."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = [
            "redis-server",
            "--port",
            str(redis_port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(tmp_path),
        ]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait(timeout=60)


@pytest.fixture
def balance(tmp_path: Path) -> Iterator[Callable[[list[int], int], Proxy | None]]:
    """A function that starts nginx with the file in deploy/nginx, or returns None if nginx is not installed."""
    started: list[subprocess.Popen[bytes]] = []

    def start(ports: list[int], https_port: int) -> Proxy | None:
        if NGINX is None:
            return None
        folder = tmp_path / "nginx"
        folder.mkdir()
        proxy = Proxy(https_port, free_port(), make_certificate(folder).certificate, folder / "logs")
        servers = " fail_timeout=1s; server 127.0.0.1:".join(map(str, ports))
        certificate = Certificate(folder / "certificate.pem", folder / "key.pem")
        file = rendered(folder, certificate, proxy.port, proxy.plain_port, servers)
        started.append(subprocess.Popen([NGINX, "-p", str(folder), "-c", str(file), "-e", str(folder / "logs/x.log")]))
        eventually(proxy.is_up)
        return proxy

    yield start
    for process in started:
        process.terminate()
        process.wait(timeout=60)


def test_polls_are_answered_while_everything_dies_in_turn(
    tmp_path: Path,
    redis_port: int,
    start_redis: Callable[[], "subprocess.Popen[bytes]"],
    balance: Callable[[list[int], int], Proxy | None],
) -> None:
    redis = start_redis()
    ports, https_port = [free_port(), free_port()], free_port()
    settings = {"TASKS": "celery", "BROKER_URL": f"redis://127.0.0.1:{redis_port}/0", "MIXPANEL_TIMEOUT": "2"}
    if NGINX:
        settings |= {"SITE_URL": f"https://localhost:{https_port}", "ALLOWED_HOSTS": "", "TRUST_PROXY": "on"}
    with FakeMixpanel(hourly_limit=10_000) as mixpanel, Site(tmp_path, mixpanel.url, "postgres", **settings) as site:
        widgets = [
            {"title": event, "report": "events", "events": [event], "refresh_minutes": MINUTES_BETWEEN_QUERIES}
            for event in EVENTS
        ]
        paths = site.add(*widgets, hourly_limit=10_000)
        webs, workers = both(partial(web, site), ports), both(partial(worker, site), [1, 2])
        proxy = balance(ports, https_port)
        poller = Poller(paths, [f"http://127.0.0.1:{port}" for port in ports])
        if proxy:
            poller = Poller(paths, [f"https://localhost:{https_port}"], str(proxy.certificate))
        mixpanel.latency = 0.3

        def phase(name: str, seconds: float = 2) -> None:
            poller.phase = name
            time.sleep(seconds)

        with poller.polling():
            phase("all runs", 4)
            site.kill(workers[0])
            phase("one worker killed")
            site.kill(workers[1])
            phase("both workers killed", 6.5)
            workers = both(partial(worker, site), [3, 4])
            phase("workers back")
            site.kill(webs[0])
            phase("one web process killed")
            webs[0] = web(site, ports[0])
            phase("web process back")
            redis.kill()
            redis.wait(timeout=60)
            phase("Redis killed", 6.5)
            start_redis()
            phase("Redis back")
            cut_database_connections(site)
            phase("database connections cut")
            poller.phase = NOTHING_RUNS
            time.sleep(0.5)  # until the last poll of the phase before has ended
            for process in webs:
                site.kill(process)
            webs = both(partial(web, site), ports)
            time.sleep(2.5)  # nginx tries a server again after fail_timeout (1 s), in whole seconds
            poller.phase = "until all is fresh again"
            back = time.time()
            eventually(lambda: all_fetched_since(site, back))
        print(poller.summary())
        assert {poll.status for poll in poller.polls if poll.phase != NOTHING_RUNS} == {200}
        assert any(poll.status != 200 for poll in poller.polls if poll.phase == NOTHING_RUNS)
        assert max(poll.seconds for poll in poller.polls) < 3
        assert len(poller.polls) > 200
        assert all(len(bodies) == 1 for bodies in poller.bodies.values())  # numbers of past days never change
        assert any(poll.stale for poll in poller.polls if poll.phase == "Redis killed")
        assert mixpanel.duplicates_in_flight == 0
        assert mixpanel.most_running <= 5
        assert site.sql("SELECT count(*) FROM widgets_widget") == [(6,)]
        assert site.sql("SELECT count(*) FROM widgets_snapshot") == [(6,)]


def both(start: Callable[[int], "subprocess.Popen[bytes]"], which: list[int]) -> list["subprocess.Popen[bytes]"]:
    """Calls `start` for both numbers at the same time, because machines can start at the same time."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(start, which))


def web(site: Site, port: int) -> "subprocess.Popen[bytes]":
    """Starts a web server with the systemd unit's command."""
    command = [f"{port}" if argument == "8000" else argument for argument in command_of("mixcyfe-web")]
    process = site.start(command, f"web-{port}.log")
    eventually(lambda: site.answers(f"http://127.0.0.1:{port}/healthz"))
    return process


def worker(site: Site, number: int) -> "subprocess.Popen[bytes]":
    """Starts a worker with the systemd unit's command, and waits until the worker is ready."""
    log = f"worker-{number}.log"
    process = site.start([*command_of("mixcyfe-worker"), "-l", "INFO", "-n", f"{log}@test"], log)
    eventually(lambda: " ready." in (site.folder / log).read_text())
    return process


def cut_database_connections(site: Site) -> None:
    """Instead of a restart of PostgreSQL, which would affect other databases too."""
    import psycopg

    name = site.database.rsplit("/", 1)[1]
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


def all_fetched_since(site: Site, moment: float) -> bool:
    ((oldest,),) = site.sql("SELECT extract(epoch FROM min(fetched_at)) FROM widgets_snapshot")
    return bool(oldest and float(oldest) > moment)

"""Runs Caddy with deploy/caddy/Caddyfile and TLS in front of a running site."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import behind
from tests.deploy.conftest import Served
from tests.deploy.proxy import DEPLOY, Certificate, Proxy, get, replaced
from tests.running.site import eventually, free_port

CADDY = shutil.which("caddy")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CADDY is None, reason="left out: Caddy is not installed")]


def rendered(folder: Path, certificate: Certificate, port: int, plain_port: int, web_port: int) -> Path:
    # Only the change of `tls` matters: a test has no certificate authority.
    file = folder / "Caddyfile"
    file.write_text(
        replaced(
            (DEPLOY / "caddy/Caddyfile").read_text(),
            (r"\tservers \{", f"\tadmin off\n\thttp_port {plain_port}\n\thttps_port {port}\n\tservers {{"),
            (r"mixcyfe\.example\.com \{", f"localhost {{\n\ttls {certificate.certificate} {certificate.key}"),
            (r"127\.0\.0\.1:8000", f"127.0.0.1:{web_port}"),
            *(() if is_old() else ((r"buffer_requests\n\t*max_buffer_size 2MB", "request_buffers 2MB"),)),
        )
    )
    (folder / "logs").mkdir()
    return file


def is_old() -> bool:
    """Is Caddy older than 2.6.4? For newer versions, a comment in the Caddyfile names other settings."""
    said = subprocess.run([str(CADDY), "version"], capture_output=True, text=True, timeout=60, check=True).stdout
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3]) < (2, 6, 4)


@pytest.fixture(scope="module")
def caddy(
    tmp_path_factory: pytest.TempPathFactory, served: Served, certificate: Certificate, https_port: int
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("caddy")
    proxy = Proxy(https_port, free_port(), certificate.certificate, folder / "logs")
    process = start(folder, rendered(folder, certificate, proxy.port, proxy.plain_port, served.port))
    try:
        eventually(proxy.is_up)
        yield proxy
    finally:
        process.terminate()
        process.wait(timeout=60)


def start(folder: Path, file: Path) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "logs/caddy.log").open("wb") as log:
        return subprocess.Popen(
            [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(file)], stderr=log, env=environment
        )


def test_it_polls_over_https(caddy: Proxy, served: Served) -> None:
    behind.it_polls_over_https(caddy, served)


def test_it_redirects_plain_http(caddy: Proxy, served: Served) -> None:
    behind.it_redirects_plain_http(caddy, served)


def test_it_sees_the_clients_own_address(caddy: Proxy, served: Served) -> None:
    behind.it_sees_the_clients_own_address(caddy, served)


def test_it_answers_polls_while_bodies_come_slowly(caddy: Proxy, served: Served) -> None:
    behind.it_answers_polls_while_bodies_come_slowly(caddy, served)


def test_it_answers_at_once_while_a_refresh_runs_in_the_background(caddy: Proxy, served: Served) -> None:
    behind.it_answers_at_once_while_a_refresh_runs_behind(caddy, served)


def test_it_satisfies_the_doctor(caddy: Proxy, served: Served) -> None:
    behind.it_satisfies_the_doctor(caddy, served)


def test_it_gives_each_request_an_id(caddy: Proxy, served: Served) -> None:
    behind.it_gives_each_request_an_id(caddy, served)


def test_it_refuses_long_headers(caddy: Proxy) -> None:
    assert get(caddy.connect(), "/healthz", Accept="a" * 30_000).status == 431
    assert get(caddy.connect(), "/healthz", Accept="a" * 8_000).status == 200


def test_it_logs_no_key(caddy: Proxy, served: Served) -> None:
    behind.it_logs_no_key(caddy, served)


def test_it_logs_no_key_while_the_server_is_down(tmp_path: Path, served: Served, certificate: Certificate) -> None:
    proxy = Proxy(free_port(), free_port(), certificate.certificate, tmp_path / "logs")
    process = start(tmp_path, rendered(tmp_path, certificate, proxy.port, proxy.plain_port, free_port()))
    try:
        eventually(proxy.is_up)
        behind.it_logs_no_key(proxy, served, status=502)
    finally:
        process.terminate()
        process.wait(timeout=60)
    eventually(lambda: "connection refused" in proxy.logged())

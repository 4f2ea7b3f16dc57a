"""Runs Caddy with deploy/caddy/Caddyfile and TLS in front of a running site."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy import behind
from tests.deploy.conftest import Served
from tests.deploy.proxy import DEPLOY, Certificate, Proxy, get, replaced, running
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


@contextmanager
def started(folder: Path, certificate: Certificate, port: int, web_port: int) -> Iterator[Proxy]:
    proxy = Proxy(port, free_port(), certificate.certificate, folder / "logs")
    file = rendered(folder, certificate, proxy.port, proxy.plain_port, web_port)
    command = [str(CADDY), "run", "--adapter", "caddyfile", "--config", str(file)]
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "logs/caddy.log").open("wb") as log, running(command, proxy, stderr=log, env=environment):
        yield proxy


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory, served: Served, certificate: Certificate, https_port: int
) -> Iterator[Proxy]:
    with started(tmp_path_factory.mktemp("caddy"), certificate, https_port, served.port) as proxy:
        yield proxy


class TestCaddy(behind.Behind):
    pass


def test_it_gives_each_request_an_id(proxy: Proxy, served: Served) -> None:
    behind.it_gives_each_request_an_id(proxy, served)


def test_it_refuses_long_headers(proxy: Proxy) -> None:
    assert get(proxy.connect(), "/healthz", Accept="a" * 30_000).status == 431
    assert get(proxy.connect(), "/healthz", Accept="a" * 8_000).status == 200


def test_it_logs_no_key(proxy: Proxy, served: Served) -> None:
    behind.it_logs_no_key(proxy, served)


def test_it_logs_no_key_while_the_server_is_down(tmp_path: Path, served: Served, certificate: Certificate) -> None:
    with started(tmp_path, certificate, free_port(), free_port()) as proxy:
        behind.it_logs_no_key(proxy, served, status=502)
    eventually(lambda: "connection refused" in proxy.logged())

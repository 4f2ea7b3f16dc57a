"""Runs nginx with the file in deploy/nginx and TLS in front of a running site."""

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy import behind
from tests.deploy.conftest import Served
from tests.deploy.proxy import DEPLOY, HOST, Certificate, Proxy, get, replaced, running
from tests.running.site import eventually, free_port

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(NGINX is None, reason="left out: nginx is not installed")]
MAIN = """
{user}pid {folder}/nginx.pid;
worker_processes 1;
daemon off;
error_log {folder}/logs/main.log crit;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def rendered(folder: Path, certificate: Certificate, port: int, plain_port: int, web_port: int | str) -> Path:
    site = replaced(
        (DEPLOY / "nginx/mixcyfe.conf").read_text(),
        (r" *listen \[::\]:.*\n", ""),
        (r"listen 80\b", f"listen 127.0.0.1:{plain_port}"),
        (r"listen 443\b", f"listen 127.0.0.1:{port}"),
        (r"/etc/letsencrypt/live/mixcyfe.example.com/fullchain.pem", str(certificate.certificate)),
        (r"/etc/letsencrypt/live/mixcyfe.example.com/privkey.pem", str(certificate.key)),
        (r"mixcyfe\.example\.com", "localhost"),
        (r"/var/log/nginx", f"{folder}/logs"),
        (r"127\.0\.0\.1:8000", f"127.0.0.1:{web_port}"),
    )
    (folder / "logs").mkdir()
    file = folder / "nginx.conf"
    # By default, root's nginx has workers of another user, who can't read a test's folder.
    file.write_text(MAIN.format(user="user root;\n" if os.geteuid() == 0 else "", folder=folder, site=site))
    return file


@contextmanager
def started(folder: Path, certificate: Certificate, port: int, web_port: int) -> Iterator[Proxy]:
    proxy = Proxy(port, free_port(), certificate.certificate, folder / "logs")
    file = rendered(folder, certificate, proxy.port, proxy.plain_port, web_port)
    command = [str(NGINX), "-p", str(folder), "-c", str(file), "-e", str(folder / "logs/start.log")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stderr
    with running(command, proxy):
        yield proxy


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory, served: Served, certificate: Certificate, https_port: int
) -> Iterator[Proxy]:
    with started(tmp_path_factory.mktemp("nginx"), certificate, https_port, served.port) as proxy:
        yield proxy


class TestNginx(behind.Behind):
    pass


def test_it_logs_the_id_of_a_request(proxy: Proxy, served: Served) -> None:
    shown = behind.it_gives_each_request_an_id(proxy, served)
    eventually(lambda: f" {shown}\n" in proxy.logged())


def test_it_answers_only_requests_to_its_own_host_name(proxy: Proxy) -> None:
    for host in ("evil.example", "127.0.0.1"):
        for connection in (proxy.connect(), http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=60)):
            with pytest.raises(http.client.RemoteDisconnected):
                get(connection, "/admin/login/", Host=host)


def test_it_slows_down_password_guessers_and_nobody_else(proxy: Proxy, served: Served) -> None:
    connection = proxy.connect(source="127.0.0.33")
    _, headers = behind.login_form(proxy, connection)
    statuses = []
    for _ in range(30):
        connection.request("POST", "/admin/login/", "username=a", headers)
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    assert statuses[:10] == [403] * 10, "the form's token is missing, but nobody is slowed down yet"
    assert statuses.count(429) > 10
    assert get(connection, "/admin/login/").status == get(connection, served.path).status == 200
    elsewhere = proxy.connect(source="127.0.0.34")
    assert behind.post_login(proxy, elsewhere, "username=a&csrfmiddlewaretoken={}").status == 200


def test_it_logs_polls_but_no_key(proxy: Proxy, served: Served) -> None:
    behind.it_logs_no_key(proxy, served)
    get(proxy.connect(), "/admin/login/")
    get(proxy.connect(), "/admin/widgets/widget/a-key-that-was-pasted/")
    eventually(lambda: '"GET /admin/widgets/widget/" 302' in proxy.logged())
    logged = proxy.logged()
    assert '"GET /w/-" 200' in logged
    assert '"GET /welcome/-" ' in logged
    assert '"GET /admin/login/" 200' in logged
    assert "a-key" not in logged


def test_it_logs_no_key_if_it_can_not_write_a_request_to_its_disk(
    tmp_path: Path, served: Served, certificate: Certificate
) -> None:
    with started(tmp_path, certificate, free_port(), served.port) as proxy:
        for folder in ("body", "proxy"):
            shutil.rmtree(tmp_path / folder)
        connection = proxy.connect()
        headers = {"Host": HOST, "Referer": f"https://{HOST}{served.path}"}
        connection.request("POST", "/welcome/MQ/a-token/", b"x" * 100_000, headers)
        assert connection.getresponse().status == 500
    eventually(lambda: '"POST /welcome/-" 500' in proxy.logged())
    assert "a-token" not in proxy.logged()
    assert served.path not in proxy.logged()


def test_it_logs_no_key_while_the_server_is_down(tmp_path: Path, served: Served, certificate: Certificate) -> None:
    with started(tmp_path, certificate, free_port(), free_port()) as proxy:
        behind.it_logs_no_key(proxy, served, status=502)
    eventually(lambda: '"GET /w/-" 502' in proxy.logged())

"""Requests to Mixpanel over TLS, and through a company's proxy."""

import ipaddress
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.mixpanel.test_wire import keeps_answering
from widgets.mixpanel import wire
from widgets.mixpanel.auth import ProjectSecret
from widgets.mixpanel.client import Client
from widgets.mixpanel.errors import UnavailableError


@pytest.fixture
def certificate(tmp_path):
    """A file with a private key and a self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(tmp_path)[-60:])])
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


def wrapped(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return lambda sock: context.wrap_socket(sock, server_side=True)


def secure_client(server, timeout=2.0):
    return Client(ProjectSecret("s"), project_id=7, api_root=server.root.replace("http:", "https:"), timeout=timeout)


def test_it_reuses_a_secure_connection(serve, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    server = serve(keeps_answering, wrapped(certificate))
    for _ in range(3):
        assert secure_client(server).query("events", {}) == {}
    assert len(server.connections) == 1


def test_it_refuses_a_server_without_a_valid_certificate(serve, certificate):
    server = serve(keeps_answering, wrapped(certificate))
    with pytest.raises(UnavailableError, match="the host's certificate could not be verified") as caught:
        secure_client(server).query("events", {})
    assert not caught.value.gave_up
    assert not server.requests


def test_it_refuses_outdated_versions_of_tls():
    # The test only reads the setting, because today's OpenSSL can't offer an outdated version.
    adapter = wire.SESSION.get_adapter("https://mixpanel.com")
    assert adapter.poolmanager.connection_pool_kw["ssl_context"].minimum_version == ssl.TLSVersion.TLSv1_2
    assert wire.SESSION.verify is True


def test_a_slow_handshake_keeps_to_the_timeout(serve):
    server = serve(lambda connection: connection.trickle(b"\x16\x03\x03\x40\x00" + b"\x02" * 400))
    started = time.monotonic()
    with pytest.raises(UnavailableError, match=r"could not be reached within 0\.15 seconds") as caught:
        secure_client(server, timeout=0.15).query("events", {})
    assert time.monotonic() - started < 4
    assert not caught.value.gave_up


@pytest.mark.parametrize("start", [
    b"HTTP/1.1 200 OK\r\nA: ", b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n",
])  # fmt: skip
def test_a_slow_answer_over_tls_keeps_to_the_timeout(serve, certificate, monkeypatch, start):
    def talk(connection):
        connection.request()
        connection.send(start)
        connection.trickle(b"[" * 400)

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    server = serve(talk, wrapped(certificate))
    started = time.monotonic()
    with pytest.raises(UnavailableError, match=r"did not answer within 1 seconds") as caught:
        secure_client(server, timeout=1).query("events", {})
    assert time.monotonic() - started < 4
    assert caught.value.gave_up


def test_a_slow_upload_over_tls_keeps_to_the_timeout(serve, certificate, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    server = serve(lambda connection: connection.take_slowly(), wrapped(certificate))
    started = time.monotonic()
    with wire.exchange(1) as this, pytest.raises(requests.RequestException):
        wire.SESSION.post(server.root.replace("http:", "https:"), data=b"x" * 30_000_000, timeout=1)
    assert time.monotonic() - started < 4
    assert this.sent


def test_it_goes_through_a_proxy(serve, monkeypatch):
    proxy = serve(keeps_answering)
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", proxy.root)
    client = Client(ProjectSecret("s"), project_id=7, api_root="http://mixpanel.test/api", timeout=20)
    assert client.query("events", {}) == {}
    assert proxy.requests[0].startswith(b"GET http://mixpanel.test/api/query/events?project_id=7 HTTP/1.1\r\n")


def test_a_query_through_a_slow_proxy_keeps_to_the_timeout_and_shows_it_no_credentials(serve, monkeypatch):
    proxy = serve(lambda connection: connection.request() and connection.trickle(b"HTTP/1.1 200 OK\r\n" * 99))
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("https_proxy", proxy.root)
    started = time.monotonic()
    with pytest.raises(UnavailableError, match=r"could not be reached within 0\.6 seconds") as caught:
        Client(ProjectSecret("s"), project_id=7, api_root="https://mixpanel.test/api", timeout=0.6).query("events", {})
    assert time.monotonic() - started < 4
    assert not caught.value.gave_up
    assert proxy.requests[0].startswith(b"CONNECT mixpanel.test:443 ")
    assert b"Authorization" not in proxy.requests[0]

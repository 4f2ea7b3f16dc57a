"""Runs the proxies with their files in `deploy/`. Only ports, paths and the certificate are replaced."""

import http.client
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.running.site import ROOT, eventually

DEPLOY = ROOT / "deploy"
HOST = "localhost"


class Certificate(NamedTuple):
    """The files of a self-signed certificate for localhost."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    names = [x509.DNSName(HOST), x509.IPAddress(ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = Certificate(folder / "certificate.pem", folder / "key.pem")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


class Proxy(NamedTuple):
    """A running proxy: its ports, its certificate and the folder with its logs."""

    port: int
    plain_port: int
    certificate: Path
    logs: Path

    def connect(self, source: str = "127.0.0.1") -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=60, context=context, source_address=(source, 0)
        )

    def is_up(self) -> bool:
        try:
            return bool(get(self.connect(), "/healthz").status)
        except OSError:
            return False

    def logged(self) -> str:
        return "".join(path.read_text() for path in self.logs.glob("*"))


@contextmanager
def running(command: list[str], proxy: Proxy, **options: Any) -> Iterator[None]:
    """Starts the proxy, waits until it answers, and stops it in the end."""
    process = subprocess.Popen(command, **options)
    try:
        eventually(proxy.is_up)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


class Got(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes


def get(connection: http.client.HTTPConnection, path: str, **headers: str) -> Got:
    """Sends a GET request. Write header names with _ instead of -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers={"Host": HOST} | named)
    answer = connection.getresponse()
    return Got(answer.status, answer.headers, answer.read())


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """Replaces each pattern. Fails if the text lacks a pattern, because then the file has changed."""
    for pattern, by in changes:
        text, times = re.subn(pattern, lambda _, by=by: by, text)
        assert times, f"{pattern} is not in the file"
    return text

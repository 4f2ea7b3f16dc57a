"""Sends requests to Mixpanel. Each exchange (a request and its response) has one deadline, no redirects, no cookies.

The package `requests` applies its timeout to each socket operation, so a server that sends one byte per second could
occupy a thread forever. Here, the timeout of each operation is the remaining time of the exchange.
"""

import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from io import BufferedReader, RawIOBase
from threading import Thread
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.connection import create_connection
from urllib3.util.ssl_ import create_urllib3_context

LONGEST_IDLE = 30.0
"""In seconds. If a connection's last query began longer ago than this, the connection is not reused, because firewalls
drop idle connections."""

KEPT_CONNECTIONS = 64
"""The maximum number of idle connections to one host that a process keeps. A Celery worker with 50 threads needs 50."""


@dataclass
class Exchange:
    """`ends`: the deadline, by `time.monotonic()`. `sent`: Mixpanel might have received the query."""

    ends: float
    sent: bool = False

    def left(self) -> float:
        """Returns the remaining seconds, more than 0. Raises TimeoutError if none are left."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the exchange's time is over")
        return left

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends


_current: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def exchange(seconds: float) -> Iterator[Exchange]:
    """Inside the `with` block, this thread's requests with `SESSION` together take at most `seconds`."""
    this = Exchange(time.monotonic() + seconds)
    token = _current.set(this)
    try:
        yield this
    finally:
        _current.reset(token)


class _Incoming(RawIOBase):
    """The received bytes of a socket. Each read has the remaining time of the exchange as its timeout."""

    def __init__(self, sock: socket.socket, file: RawIOBase) -> None:
        self._sock, self._file = sock, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_current.get().left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = BufferedReader(_Incoming(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _Response
    _asked_at = 0.0

    @property
    def is_connected(self) -> bool:
        # urllib3 reads this property before it reuses a connection, and connects again if the value is False.
        return super().is_connected and time.monotonic() - self._asked_at < LONGEST_IDLE

    def _new_conn(self) -> socket.socket:
        this = _current.get()
        addresses = _addresses(self.host, self.port, this)
        failure = OSError("the host name has no address")
        for position, address in enumerate(addresses):
            try:
                # An unreachable address must leave time for the next one.
                share = this.left() / (len(addresses) - position)
                sock = create_connection(address, share, self.source_address, self.socket_options)
                sock.settimeout(this.left())  # for the TLS handshake, which is one socket operation
            except OSError as error:
                failure = error
            else:
                return sock
        raise failure

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.is_closed:
            # Connect before `sent` is set: if the connection fails, Mixpanel has not received the query.
            self.connect()
        _current.get().sent = True
        self._asked_at = time.monotonic()
        super().request(*args, **kwargs)

    def send(self, data: Any) -> None:
        self.sock.settimeout(_current.get().left())
        super().send(data)


class _TLSConnection(_Connection, HTTPSConnection):
    pass


_OURS = {HTTPConnection: _Connection, HTTPSConnection: _TLSConnection}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        tls = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
        super().init_poolmanager(*args, ssl_context=tls, **kwargs)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Makes the pool use the classes in _OURS. The pool of a SOCKS proxy keeps urllib3's own class."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _OURS.get(pool.ConnectionCls, pool.ConnectionCls)
        return pool


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.headers.clear()
        # `answer.read_body` can decompress only gzip.
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "MixCyfe"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(pool_maxsize=KEPT_CONNECTIONS))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # Otherwise the package `requests` would read a redirect's whole body, even with allow_redirects=False.
        return None


SESSION = _Session()
"""The session that all threads share. Its open connections are its only changing state."""


def _addresses(host: str, port: int, this: Exchange) -> list[tuple[str, int]]:
    """Looks up the host's addresses in a thread, so that the exchange can end before the lookup."""
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    return [address[:2] for *_, address in found.result(this.left())]

"""How bytes go to Mixpanel and come back: one deadline for a whole exchange, no redirects, no cookies.

requests' timeout is per socket operation: a server that sends one byte per second holds its client for ever.
Here each operation may take what is left of the exchange's time. So no thread watches, and the deadline always holds.
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
"""Seconds from a query's start in which its connection may carry the next one: firewalls forget connections."""

KEPT_CONNECTIONS = 64
"""As many as a Celery worker of 50 threads may need at once, and some."""


@dataclass
class Exchange:
    """One query and its answer. `ends`: by `time.monotonic()`; `sent`: Mixpanel may have seen the query."""

    ends: float
    sent: bool = False

    def left(self) -> float:
        """Seconds that may still be waited, above 0; TimeoutError when there are none."""
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
    """All that this thread does with `SESSION` inside the `with` takes `seconds` at most, from now."""
    this = Exchange(time.monotonic() + seconds)
    token = _current.set(this)
    try:
        yield this
    finally:
        _current.reset(token)


class _Incoming(RawIOBase):
    """What a socket receives."""

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
        # urllib3 asks this of a kept connection, and connects anew when it is not so: the only second try
        # that is safe, because nothing was sent yet.
        return super().is_connected and time.monotonic() - self._asked_at < LONGEST_IDLE

    def _new_conn(self) -> socket.socket:
        this = _current.get()
        addresses = _addresses(self.host, self.port, this)
        failure = OSError("the name has no address")
        for position, address in enumerate(addresses):
            try:
                # A fair share, so that an address that never answers leaves time for the next one.
                share = this.left() / (len(addresses) - position)
                sock = create_connection(address, share, self.source_address, self.socket_options)
                sock.settimeout(this.left())  # for TLS's handshake, which is one operation
            except OSError as error:
                failure = error
            else:
                return sock
        raise failure

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.is_closed:
            # Without TLS it would happen in the midst of sending; what fails before that was never asked.
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
        """The pool of Mixpanel's host, or of a proxy. SOCKS proxies are connected to in their own way."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = _OURS.get(pool.ConnectionCls, pool.ConnectionCls)
        return pool


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        self.headers.clear()
        # Only what `answer` decodes itself, because it does so within a limit.
        self.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "MixCyfe"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(pool_maxsize=KEPT_CONNECTIONS))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        # Even with allow_redirects=False requests would look where to go, and read the whole body for that.
        return None


SESSION = _Session()
"""One for all threads: it holds no state but the connections it keeps."""


def _addresses(host: str, port: int, this: Exchange) -> list[tuple[str, int]]:
    """A name is looked up without a timeout, so on a thread that is left behind when it takes too long."""
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    return [address[:2] for *_, address in found.result(this.left())]

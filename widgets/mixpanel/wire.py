"""How bytes go to Mixpanel and come back: one deadline for a whole exchange, no redirects, no cookies.

requests' own timeout is per socket operation: a server that sends a byte a second holds its client for ever.
Here every socket asks, before it may block, how much of its exchange's time is left; so there is no watching
thread, and no moment at which the deadline does not hold.
"""

import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

LONGEST_IDLE = 30.0
"""Seconds after which a kept connection is not used again: firewalls forget connections without telling."""

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


class _Socket(socket.socket):
    def recv_into(self, buffer: "WriteableBuffer", nbytes: int = 0, flags: int = 0) -> int:
        self.settimeout(_current.get().left())
        return super().recv_into(buffer, nbytes, flags)

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        self.settimeout(_current.get().left())
        return super().recv(bufsize, flags)

    def sendall(self, data: "ReadableBuffer", flags: int = 0) -> None:
        self.settimeout(_current.get().left())
        super().sendall(data, flags)


class _TLSSocket(ssl.SSLSocket):
    def recv_into(self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0) -> int:
        self.settimeout(_current.get().left())
        return super().recv_into(buffer, nbytes, flags)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.settimeout(_current.get().left())
        return super().recv(buflen, flags)

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self.settimeout(_current.get().left())
        return super().send(data, flags)


class _Connection(HTTPConnection):
    _last_used = 0.0

    @property
    def is_connected(self) -> bool:
        # urllib3 asks this of a kept connection, and connects anew when it is not so: the only second try
        # that is safe, because nothing was sent yet.
        return super().is_connected and time.monotonic() - self._last_used < LONGEST_IDLE

    def _new_conn(self) -> socket.socket:
        this = _current.get()
        addresses = _addresses(self._dns_host, self.port, this)
        failure = OSError("the name has no address")
        for position, (family, kind, protocol, _, address) in enumerate(addresses):
            sock = _Socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                # A fair share, so that an address that never answers leaves time for the next one.
                sock.settimeout(this.left() / (len(addresses) - position))
                sock.connect(address)
                # What TLS's handshake may take; it is one operation.
                sock.settimeout(this.left())
            except OSError as error:
                failure = error
                sock.close()
            else:
                return sock
        raise failure

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.is_closed:
            # Without TLS it would happen in the midst of sending; what fails before that was never asked.
            self.connect()
        _current.get().sent = True
        self._last_used = time.monotonic()
        super().request(*args, **kwargs)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # urllib3's own way with http.client
        response = super().getresponse()
        self._last_used = time.monotonic()
        return response


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}


@cache
def _tls() -> ssl.SSLContext:
    context = create_urllib3_context(ssl_minimum_version=ssl.TLSVersion.TLSv1_2)
    context.sslsocket_class = _TLSSocket
    return context


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_tls(), **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=_tls(), **kwargs)
        if not proxy.lower().startswith("socks"):  # they connect in their own way
            manager.pool_classes_by_scheme = _POOLS
        return manager


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


def _addresses(host: str, port: int, this: Exchange) -> list[Any]:
    """`getaddrinfo`, which knows no timeout, on a thread that is left behind when it takes too long."""
    found: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    try:
        answer = found.get(timeout=this.left())
    except queue.Empty:
        raise TimeoutError("the name was not found in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer

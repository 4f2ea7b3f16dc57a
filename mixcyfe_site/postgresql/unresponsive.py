"""Detects an unresponsive PostgreSQL: a server that accepts data but never answers, for example a stopped process.

TCP timeouts don't detect a stopped process, because the kernel of its machine still acknowledges data. A server that is
only busy with a long statement still accepts new connections, so the check opens a new connection.
"""

import math
import time
from collections.abc import Callable
from threading import Lock

import psycopg

PATIENCE = 0.3
"""A thread that answers requests checks the server if it gets no data for this many seconds."""

RESPONSIVE_FOR, UNRESPONSIVE_FOR = 0.5, 1
"""Seconds for which all threads of a process use the result of a check: after a success, and after a failure."""

CONNECT_SECONDS = 2
"""The time limit of a check, the shortest that psycopg allows.

For an unresponsive server, a thread waits at most PATIENCE + RESPONSIVE_FOR + CONNECT_SECONDS: less than 3 seconds.
"""


class Unresponsive(psycopg.OperationalError):
    def __init__(self) -> None:
        super().__init__("PostgreSQL accepts connections but does not answer")


class ServerCheck:
    """This process's last check of the server. Only one thread checks at a time."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.unresponsive = False
        self.checked_at = -math.inf
        self.connect: Callable[[], psycopg.Connection] | None = None

    def check(self) -> None:
        """Raises Unresponsive if the last check failed.

        After UNRESPONSIVE_FOR, one thread checks again. The other threads do not wait: they raise Unresponsive.
        """
        if self.unresponsive and not self.is_responsive(wait=False):
            raise Unresponsive

    def check_again(self) -> None:
        """Checks the server, unless the last check is recent. Raises Unresponsive if the check failed."""
        if not self.is_responsive(wait=True):
            raise Unresponsive

    def is_responsive(self, *, wait: bool) -> bool:
        if not self.lock.acquire(blocking=wait):
            return False
        try:
            if time.monotonic() - self.checked_at >= (UNRESPONSIVE_FOR if self.unresponsive else RESPONSIVE_FOR):
                self.record(unresponsive=not self.answers())
            return not self.unresponsive
        finally:
            self.lock.release()

    def record(self, *, unresponsive: bool) -> None:
        self.unresponsive, self.checked_at = unresponsive, time.monotonic()

    def answers(self) -> bool:
        """Whether the server answers an attempt to connect. An error such as "too many clients" is an answer too."""
        try:
            if self.connect:
                self.connect().close()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            pass
        return True

"""Whether PostgreSQL is mute: it is there, takes connections and queries, and says nothing (a stopped process, a
frozen machine). TCP's own limits don't notice, because the other kernel goes on acknowledging.

Slow is not mute: a server that is busy with a long statement still welcomes a new connection.
"""

import math
import time
from collections.abc import Callable
from threading import Lock

import psycopg

PATIENCE = 0.3
"""Seconds without a word after which somebody looks whether a new connection is welcomed."""

WELL_FOR, MUTE_FOR = 0.5, 1
"""Seconds for which all threads of a process believe what one such look found."""

LOOK_SECONDS = 2
"""How long a look may take: the least that psycopg allows. With WELL_FOR it stays below three seconds."""


class Mute(psycopg.OperationalError):
    def __init__(self) -> None:
        super().__init__("PostgreSQL takes connections and says nothing")


class Silence:
    """What this process knows. One thread finds out; the others wait for what it finds, or believe the last."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.mute = False
        self.asked_at = -math.inf
        self.connect: Callable[[], psycopg.Connection] | None = None

    def check(self) -> None:
        """Raises Mute at once where that is known; one thread in a while tries whether it is over."""
        if self.mute and not self.is_over(wait=False):
            raise Mute

    def check_again(self) -> None:
        """Raises Mute if a new connection is not welcomed either."""
        if not self.is_over(wait=True):
            raise Mute

    def is_over(self, *, wait: bool) -> bool:
        if not self.lock.acquire(blocking=wait):
            return False
        try:
            if time.monotonic() - self.asked_at >= (MUTE_FOR if self.mute else WELL_FOR):
                self.note(mute=not self.is_welcome())
            return not self.mute
        finally:
            self.lock.release()

    def note(self, *, mute: bool) -> None:
        self.mute, self.asked_at = mute, time.monotonic()

    def is_welcome(self) -> bool:
        """A refusal is an answer too ("too many clients"): then the connection that waits ends by itself, or not."""
        try:
            if self.connect:
                self.connect().close()
        except psycopg.errors.ConnectionTimeout:
            return False
        except psycopg.Error:
            pass
        return True

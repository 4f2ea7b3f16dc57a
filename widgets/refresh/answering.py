"""What holds for a thread that makes an answer: somebody waits for it, so it waits for a mute database but briefly.

Workers, commands and threads that refresh wait as long as the database needs.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

BRIEFLY = 300
"""Milliseconds."""

thread = threading.local()


def begin(*, is_only: bool) -> None:
    """For good: what follows an answer (`close()`) keeps the thread from the next one.

    `is_only`: the server says that no other thread of this process answers.
    """
    thread.answering, thread.is_only = True, is_only


def is_answering() -> bool:
    return getattr(thread, "answering", False)


def is_only_thread() -> bool:
    return getattr(thread, "is_only", False)


@contextmanager
def brief_writes() -> Iterator[None]:
    """Writes that may as well be left out wait for SQLite's lock but briefly, and raise OperationalError then."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {BRIEFLY}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


@contextmanager
def patient() -> Iterator[None]:
    """Work of an answering thread that waits as long as the database needs."""
    before, thread.answering = is_answering(), False
    try:
        yield
    finally:
        thread.answering = before

"""Marks threads that answer requests: they wait only briefly for an unresponsive database.

Workers, commands and refresh threads wait as long as the database needs.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SHORT_MILLISECONDS = 300

thread = threading.local()


def begin(*, is_only: bool) -> None:
    """Marks this thread permanently, because work after a response (`close()`) delays the thread's next response, too.

    `is_only`: the server says that no other thread of this process answers requests.
    """
    thread.answering, thread.is_only = True, is_only


def is_answering() -> bool:
    return getattr(thread, "answering", False)


def is_only_thread() -> bool:
    return getattr(thread, "is_only", False)


@contextmanager
def short_write_timeout() -> Iterator[None]:
    """For writes that may fail: inside the `with`, they raise OperationalError after a short wait for SQLite's lock."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual_timeout = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout = {SHORT_MILLISECONDS}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {usual_timeout}")


@contextmanager
def without_time_limit() -> Iterator[None]:
    """Lets an answering thread wait as long as the database needs."""
    before, thread.answering = is_answering(), False
    try:
        yield
    finally:
        thread.answering = before

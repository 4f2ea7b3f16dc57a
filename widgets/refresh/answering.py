"""Marks the threads that answer HTTP requests, and shortens their waits for the database.

A marked thread waits only briefly for an unresponsive PostgreSQL server (see `mixcyfe_site/postgresql`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

SHORT_MILLISECONDS = 300

thread = threading.local()


def begin(*, is_only: bool) -> None:
    """Marks this thread permanently, because its work after a response (`close()`) delays the next response, too.

    `is_only`: this process answers requests in one thread only (`wsgi.multithread` is False).
    """
    thread.answering, thread.is_only = True, is_only


def is_answering() -> bool:
    return getattr(thread, "answering", False)


def is_only_thread() -> bool:
    return getattr(thread, "is_only", False)


@contextmanager
def short_write_timeout() -> Iterator[None]:
    """Inside the `with` block, a write to a locked SQLite database raises OperationalError after SHORT_MILLISECONDS.

    Other databases are not affected.
    """
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
    """Inside the `with` block, this thread waits as long as the database needs, even if it answers requests."""
    before, thread.answering = is_answering(), False
    try:
        yield
    finally:
        thread.answering = before

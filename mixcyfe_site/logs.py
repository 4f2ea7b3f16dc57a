"""Log lines that nobody can forge, and not too many of them.

What people and Mixpanel named can't begin a new line, or steer a terminal. An outage writes one line per cause and
minute, however many polls, tasks and refreshes it fails.
"""

import copy
import logging
import sqlite3
import time
from collections.abc import Callable
from threading import Lock
from types import TracebackType

from django.db import InterfaceError, OperationalError

from widgets.accounts.client import harmless

SILENT_SECONDS = 60

LONGEST_LINE = 2000
"""Characters. Strangers choose what stands in some lines."""


class OneLine(logging.Formatter):
    """One line a record; a traceback follows indented, so that no line of it looks like a record."""

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if is_outage(error):
            # Where in the program the database was missed says nothing; what it said does.
            record = copy.copy(record)
            record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {str(error).strip()}", None
            record.exc_info = record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        left_out = getattr(record, "left_out", 0)
        told = f" (and {left_out} more like this since the last such line)" if left_out else ""
        return harmless(super().formatMessage(record))[:LONGEST_LINE] + told

    def formatException(self, info: object) -> str:
        return indented(super().formatException(info))  # type: ignore[arg-type]

    def formatStack(self, info: str) -> str:
        return indented(super().formatStack(info))


class OncePerMinute(logging.Filter):
    """Passes the first error of each cause, and then one a minute, which says how many were left out.

    A cause: the logger, the line that logs, and the exception with the line that raised it. Records below ERROR
    that carry no exception pass: one line per query stays one line per query.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.lock = Lock()
        self.known: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if record.levelno < logging.ERROR and error is None:
            return True
        place = raised_at(error.__traceback__) if error else None
        cause = (record.name, record.pathname, record.lineno, type(error), place)
        now = self.clock()
        with self.lock:
            until, left_out = self.known.get(cause, (now, 0))
            if now < until:
                self.known[cause] = until, left_out + 1
                return False
            self.known[cause] = now + SILENT_SECONDS, 0
        record.left_out = left_out
        return True


class NoPolls(logging.Filter):
    """Leaves out Django's own line for an answer that is an error: an address is a key, and the views log why."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is None or not request.path.startswith(("/w/", "/healthz")):
            return True
        record.msg, record.args = "a request failed before its view", None
        return bool(record.exc_info)


def raised_at(traceback: TracebackType | None) -> tuple[str, int] | None:
    """The file and line where an exception began."""
    if traceback is None:
        return None
    while traceback.tb_next:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno


def is_outage(error: BaseException | None) -> bool:
    """Whether the database is at fault: away, full, locked. SQLite also says "no such column" in this way."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR


def indented(text: str) -> str:
    return "\n".join(f"  {harmless(line)}" for line in text.splitlines())

"""Formats log lines as plain text or as JSON, makes them safe, and limits their number.

Texts from people or Mixpanel can't begin a new line or control a terminal. During an outage, a process logs each cause
once per minute, even if many polls and refreshes fail.
"""

import copy
import json
import logging
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Lock
from types import TracebackType
from typing import Any

from django.db import InterfaceError, OperationalError
from pythonjsonlogger.json import JsonFormatter

from widgets import request_id
from widgets.accounts.client import harmless

SILENT_SECONDS = 60

LONGEST_LINE = 2000
"""In characters."""

LONGEST_TRACEBACK = 20_000
"""In characters. A longer traceback loses its beginning."""

LONGEST_IN_JSON = 30_000
"""The maximum length of a traceback in a line of JSON, in bytes. A character that is not ASCII needs six bytes or more.

The limit leaves room for the line's other fields, because journald splits lines of 48 kB and more.
"""


class OneLine(logging.Formatter):
    """Writes each message on one line. The lines of tracebacks are indented, so that none looks like a message."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(explained(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        left_out = getattr(record, "left_out", 0)
        repeats = f" (and {left_out} more like this since the last such line)" if left_out else ""
        request = f" request={given}" if (given := request_id.current()) else ""
        return harmless(super().formatMessage(record))[:LONGEST_LINE] + repeats + request

    def formatException(self, info: object) -> str:
        return indented(super().formatException(info))  # type: ignore[arg-type]

    def formatStack(self, info: str) -> str:
        return indented(super().formatStack(info))


class JsonLine(JsonFormatter):
    """Writes one JSON object per record, on one line, with only the fields that `add_fields` sets.

    Attributes that callers add to a record, such as Django's `request`, can contain a widget's address.
    """

    def format(self, record: logging.LogRecord) -> str:
        return super().format(explained(record))

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data |= {"level": record.levelname, "logger": record.name}
        log_data["message"] = harmless(record.getMessage())[:LONGEST_LINE]
        more = {
            "request_id": request_id.current(),
            "left_out": getattr(record, "left_out", 0),
            "exception": message_dict.get("exc_info", ""),
            "stack": message_dict.get("stack_info", ""),
        }
        log_data |= {name: value for name, value in more.items() if value}

    def jsonify_log_record(self, log_data: Any) -> str:
        return json.dumps(log_data)  # the output is ASCII, so no other character can end the line

    def formatException(self, ei: Any) -> str:
        return short_in_json(logging.Formatter.formatException(self, ei))

    def formatStack(self, stack_info: str) -> str:
        return short_in_json(stack_info)


class OncePerMinute(logging.Filter):
    """Logs at most one error per cause and minute. The cause's next line tells how many errors were left out.

    Two errors have the same cause if these are equal: the logger, the line of code that logs, the exception's type,
    and the line that raised the exception. A record below the level ERROR always passes if it has no exception.
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


class HideAddresses(logging.Filter):
    """Hides the secret addresses of widgets and shared boards in Django's log lines.

    For these addresses and /healthz, a line with a traceback gets a general text. A line without a traceback is
    dropped, because the view has logged the reason.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if request is None or not request.path.startswith(("/w/", "/b/", "/healthz")):
            return True
        record.msg, record.args = "a request failed before its view was called", None
        return bool(record.exc_info)


def raised_at(traceback: TracebackType | None) -> tuple[str, int] | None:
    """Returns the file and the line number of the code that raised the exception."""
    if traceback is None:
        return None
    while traceback.tb_next:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename, traceback.tb_lineno


def is_outage(error: BaseException | None) -> bool:
    """Whether the database is unreachable, full or locked. SQLite raises the same exception class for wrong SQL."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR


def explained(record: logging.LogRecord) -> logging.LogRecord:
    """Returns the record. In an outage, the database's message replaces the traceback: the message explains more."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return record
    record = copy.copy(record)
    record.exc_text = None  # forgets the traceback that another handler has formatted
    if not is_outage(error):
        return record
    record.msg, record.args = f"{record.getMessage()}: {type(error).__name__}: {str(error).strip()}", None
    record.exc_info = None
    return record


def shortened(text: str) -> str:
    """Limits a traceback's length, and escapes characters that could control a terminal."""
    return "\n".join(harmless(line)[:LONGEST_LINE] for line in text.splitlines())[-LONGEST_TRACEBACK:]


def short_in_json(text: str) -> str:
    text = shortened(text)
    while len(json.dumps(text)) > LONGEST_IN_JSON:
        text = text[len(text) // 2 :]
    return text


def indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in shortened(text).split("\n"))

"""Log lines that nobody can forge: what people and Mixpanel named can't begin a new line, or steer a terminal."""

import logging
import re

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Newlines, escapes, and what turns the direction of writing."""


def harmless(text: str) -> str:
    return CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


class OneLine(logging.Formatter):
    """One line a record; a traceback follows indented, so that no line of it looks like a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return harmless(super().formatMessage(record))

    def formatException(self, info: object) -> str:
        return indented(super().formatException(info))  # type: ignore[arg-type]

    def formatStack(self, info: str) -> str:
        return indented(super().formatStack(info))


def indented(text: str) -> str:
    return "\n".join(f"  {harmless(line)}" for line in text.splitlines())

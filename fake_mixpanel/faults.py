"""What can be made to go wrong: errors in Mixpanel's words, and answers that are broken on their way."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

ReportType = Literal[
    "garbage", "truncated", "trickle", "huge", "html", "empty", "reset", "hang", "deep", "wrong_shape"
]  # fmt: skip
REPORT_TYPES: tuple[str, ...] = get_args(ReportType)

HUGE = 64 * 1024 * 1024
"""Bytes, at least."""

TRICKLE = 0.2
"""Seconds from byte to byte."""

MESSAGES = {
    400: "Unable to authenticate request",
    401: "Invalid service account credentials",
    402: "Your plan does not allow API calls",
    403: "User does not have permission to access this project",
    404: "not found",
}


@dataclass
class Fault:
    """Either an error (`status` and what goes with it) or a `kind` of broken answer; for `times` calls, or for good."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    times: int | None = None
    endpoint: str | None = None
    over: threading.Event = field(default_factory=threading.Event)


class Faults:
    """Faults that end by themselves queue up; one without end replaces those of its endpoint that went before."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._taken: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        if fault.kind and fault.kind not in REPORT_TYPES:
            raise ValueError(f"no such kind: {fault.kind!r}, one of {', '.join(REPORT_TYPES)}")
        if not 200 <= fault.status <= 599:
            raise ValueError(f"not a status to answer with: {fault.status}")
        with self._lock:
            self._waiting = [
                other
                for other in self._waiting
                if other.endpoint != fault.endpoint or (fault.times is not None and other.times is not None)
            ]
            self._waiting.append(fault)

    def take(self, endpoint: str) -> Fault | None:
        """The fault that a call of this endpoint meets, if any."""
        with self._lock:
            for fault in self._waiting:
                if fault.endpoint in (None, endpoint):
                    self._taken.append(fault)
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._waiting.remove(fault)
                    return fault
        return None

    def clear_faults(self) -> None:
        """No more faults; who hangs is let go without an answer, what trickles runs."""
        with self._lock:
            for fault in self._waiting + self._taken:
                fault.over.set()
            self._waiting, self._taken = [], []


def as_bytes(body: object) -> tuple[bytes, str]:
    """A body and its content type: text and bytes as they are, anything else as JSON."""
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, str):
        kind = "text/html; charset=utf-8" if body.lstrip().startswith("<") else "application/json"
        return body.encode(), kind
    return json.dumps(body).encode(), "application/json"


def broken_body(kind: str) -> tuple[bytes, str]:
    """Of the kinds whose answer is whole as far as HTTP goes."""
    if kind == "garbage":
        return b'{"data": {"series": ["2026-01-\x00\xff\xfe' + bytes(range(256)), "application/json"
    if kind == "html":
        page = "<!DOCTYPE html><html><title>Sign in</title><body><h1>502 Bad Gateway</h1><script>alert(1)</script>"
        return page.encode(), "text/html; charset=utf-8"
    if kind == "deep":
        return b"[" * 100_000 + b"]" * 100_000, "application/json"
    if kind == "wrong_shape":
        odd = {"data": {"series": 7, "values": ["x", {"y": None}]}, "series": "none", "results": [None], "meta": []}
        return json.dumps(odd).encode(), "application/json"
    return b"", "application/json"


def huge_body() -> Iterator[bytes]:
    """Valid JSON in a shape that could be right, without end for any practical purpose."""
    yield b'{"data": {"series": ["2026-01-01"], "values": {'
    sent = number = 0
    while sent < HUGE:
        labels = b"".join(b'"value %d": {"2026-01-01": 1}, ' % (number + more) for more in range(4000))
        number += 4000
        sent += len(labels)
        yield labels
    yield b'"last": {}}}, "legend_size": 1}'

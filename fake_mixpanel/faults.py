"""Faults that a test can cause: errors with Mixpanel's messages, and broken answers."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from fake_mixpanel.traffic import Call

MESSAGES = {
    400: "Unable to authenticate request",
    401: "Invalid service account credentials",
    402: "Your plan does not allow API calls",
    403: "User does not have permission to access this project",
    404: "not found",
}

_ODD = {"data": {"series": 7, "values": ["x", {"y": None}]}, "series": "none", "results": [None], "meta": []}
BODIES: dict[str, bytes | str] = {
    "garbage": b'{"data": {"series": ["2026-01-\x00\xff\xfe' + bytes(range(256)),
    "html": "<!DOCTYPE html><html><title>Sign in</title><body><h1>502 Bad Gateway</h1><script>alert(1)</script>",
    "empty": "",
    "deep": "[" * 100_000 + "]" * 100_000,
    "wrong_shape": json.dumps(_ODD),
}
"""Kind of fault → a body that the client cannot use, although the HTTP response is complete."""

CUT = ("truncated", "reset")
"""Kinds of faults that close the connection in the middle of the body ("truncated") or before any byte ("reset")."""


@dataclass
class Fault:
    """An error or a broken answer that the server sends to the next calls.

    If `cut` is set, the server sends only a part of the correct answer, or nothing (see CUT). Otherwise, the answer has
    this `status`, `body` and `headers`. A `body` of None stands for Mixpanel's message.

    `times` is the number of calls that get the fault, or None for no limit. `endpoint` and `asking` limit the fault to
    the calls of one endpoint, and to calls with this text in the JSON of their parameters or body.
    """

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""
    times: int | None = None
    endpoint: str | None = None
    asking: str = ""

    def is_for(self, call: Call) -> bool:
        asked = json.dumps([call.params, call.body], ensure_ascii=False)
        return self.endpoint in (None, call.endpoint) and self.asking in asked


class Faults:
    """The pending faults, oldest first.

    A new fault replaces the older faults of the same `endpoint`. But if both faults have `times`, both stay.
    """

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._faults_lock = threading.Lock()

    def fail(
        self,
        status: int = 500,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
        endpoint: str | None = None,
        *,
        asking: str = "",
    ) -> None:
        """Makes the next `times` calls fail, or all calls until `clear_faults`.

        The default `body` has Mixpanel's message for the status. The server checks access and limits first, so the
        failed calls count towards the limits.
        """
        self._add(Fault(status, body, dict(headers or {}), times=times, endpoint=endpoint, asking=asking))

    def broken(self, kind: str, times: int | None = None) -> None:
        """Breaks the answers to the next `times` calls, or to all until `clear_faults`. `kind` is in BODIES or CUT."""
        self._add(Fault(cut=kind, times=times) if kind in CUT else Fault(body=BODIES[kind], times=times))

    def clear_faults(self) -> None:
        with self._faults_lock:
            self._waiting = []

    def take_fault(self, call: Call) -> Fault | None:
        """Returns the oldest fault for this call, or None if the call gets the correct answer."""
        with self._faults_lock:
            for fault in self._waiting:
                if fault.is_for(call):
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times <= 0:
                            self._waiting.remove(fault)
                    return fault
        return None

    def _add(self, fault: Fault) -> None:
        with self._faults_lock:
            self._waiting = [
                other
                for other in self._waiting
                if other.endpoint != fault.endpoint or (fault.times is not None and other.times is not None)
            ]
            self._waiting.append(fault)

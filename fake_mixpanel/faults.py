"""What can be made to go wrong: errors in Mixpanel's words, and answers that are broken on their way."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

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
"""Broken answers that are whole as far as HTTP goes."""

CUT = ("truncated", "reset")
"""Answers that break off: in the middle, or before they begin."""


@dataclass
class Fault:
    """An answer in place of the right one (`status`, `body`, `headers`), or the right one, `cut`."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: str = ""
    times: int | None = None
    endpoint: str | None = None


class Faults:
    """Faults that end by themselves queue up; one without end replaces those of its endpoint that went before."""

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
    ) -> None:
        """Answers an error: `times` calls, or until `clear_faults`; without a body, in Mixpanel's words.

        Calls still have to be let in and still count.
        """
        self._add(Fault(status, body, dict(headers or {}), times=times, endpoint=endpoint))

    def broken(self, kind: str, times: int | None = None) -> None:
        """Answers something broken, one of BODIES or CUT: `times` calls, or until `clear_faults`."""
        self._add(Fault(cut=kind, times=times) if kind in CUT else Fault(body=BODIES[kind], times=times))

    def clear_faults(self) -> None:
        with self._faults_lock:
            self._waiting = []

    def take_fault(self, endpoint: str) -> Fault | None:
        """The fault that a call of this endpoint meets, if any."""
        with self._faults_lock:
            for fault in self._waiting:
                if fault.endpoint in (None, endpoint):
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

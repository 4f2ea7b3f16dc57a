"""Records the calls to the fake Mixpanel, and applies Mixpanel's two limits.

One limit is on queries per hour, and the other limit is on queries at the same time.

The 429 response has the same form as Mixpanel's in 2026: the message names the reached limit, and the headers have both
limits. A query counts as running until just before its answer is written, even if the client no longer waits.
"""

import json
import threading
import time
from collections import defaultdict, deque
from dataclasses import dataclass, replace
from typing import Any

from fake_mixpanel.query import Refused

HOUR = 3600.0

_Query = tuple[str, str, frozenset[tuple[str, str]], str]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `status` is the HTTP status of the answer, or 0 if there is no answer (yet).

    `project_id` is None if the credentials give no access to the project. `user` is the name of the service account, or
    the words "project secret" (the secret itself is not stored), or "" without readable credentials. `body` is the JSON
    of a POST.
    """

    endpoint: str
    method: str
    params: dict[str, str]
    project_id: int | None
    user: str
    status: int = 0
    body: dict[str, Any] | None = None


class Traffic:
    def __init__(self, hourly_limit: int, concurrent_limit: int) -> None:
        self.hourly_limit = hourly_limit
        self.concurrent_limit = concurrent_limit
        self._calls: dict[int, Call] = {}
        self._arrivals = 0
        self._running: dict[int, dict[int, _Query]] = defaultdict(dict)
        self._hour: dict[int, deque[float]] = defaultdict(deque)
        self.most_running = 0
        """The largest number of queries of one project that ran at the same time."""
        self.duplicates_in_flight = 0
        """The number of queries that arrived while the same query of the same project was running."""
        self._lock = threading.Lock()

    @property
    def calls(self) -> list[Call]:
        """Returns a copy of all calls, in the order of their arrival."""
        with self._lock:
            return list(self._calls.values())

    def reset(self) -> None:
        """Deletes the recorded calls and restarts all counts. Running queries, faults and settings stay."""
        with self._lock:
            self._calls.clear()
            self._hour.clear()
            self.duplicates_in_flight = 0
            self.most_running = max(map(len, self._running.values()), default=0)

    def arrive(self, call: Call, *, counted: bool) -> tuple[int, Refused | None]:
        """Records a call. If `counted` is true, the call counts towards the limits.

        Returns the call's number for `leave`, and the error to send if a limit is reached.
        """
        with self._lock:
            self._arrivals += 1
            number, project = self._arrivals, call.project_id
            self._calls[number] = call
            if project is None or not counted:
                return number, None
            params = frozenset((call.params | {"project_id": ""}).items())
            query = (call.method, call.endpoint, params, json.dumps(call.body, sort_keys=True))
            running, hour, now = self._running[project], self._hour[project], time.monotonic()
            self.duplicates_in_flight += query in running.values()
            while hour and hour[0] <= now - HOUR:
                hour.popleft()
            if len(hour) >= self.hourly_limit or len(running) >= self.concurrent_limit:
                return number, self.over(project, len(running) + 1, len(hour) + 1)
            hour.append(now)
            running[number] = query
            self.most_running = max(self.most_running, len(running))
            return number, None

    def leave(self, number: int, project: int | None, status: int) -> None:
        """Ends a call. Must run before the answer is written: a fast client sends its next request at once."""
        with self._lock:
            if project is not None:
                self._running[project].pop(number, None)
            if number in self._calls:
                self._calls[number] = replace(self._calls[number], status=status)

    def over(self, project: int, running: int, hour: int) -> Refused:
        """Returns the error 429.

        `running`: the number of queries that run now. `hour`: the number of queries in the last hour. Both numbers
        include this call.
        """
        hourly, concurrent = self.hourly_limit, self.concurrent_limit
        left = f'"project";r={max(0, hourly - hour)}'
        places = f'"project-concurrency";r={max(0, concurrent - running)}'
        headers = {
            "RateLimit-Policy": f'"project";q={hourly};w=3600, "project-concurrency";q={concurrent};'
            'qu="concurrent-requests"',
            "RateLimit": f"{left}, {places};t=10",
        }
        reached = f"concurrency limit ({running}/{concurrent} queries running concurrently)"
        if hour > hourly:
            headers |= {"RateLimit": f"{left};t=3600, {places}", "Retry-After": "3600"}
            reached = f"rate limit ({hour}/{hourly} queries running in the last hour)"
        return Refused(
            429,
            f"Query rate limit exceeded for project_id: {project}. This request exceeded the {reached}. For more "
            "information, please consult our documentation at "
            "https://docs.mixpanel.com/docs/other-bits/rate-limits#query-api-rate-limits",
            headers,
        )

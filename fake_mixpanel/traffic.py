"""What came in: every call in order, how many run at once, and Mixpanel's limits on both.

A 429 is as Mixpanel sends it since 2026: it names the limit that was reached in its words, and both in its headers.

A query runs from its arrival until its answer is about to be written, whether or not its client still waits.
"""

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

HOUR = 3600.0

_Query = tuple[str, str, frozenset[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `status` is 0 while it runs, and stays 0 if it never got an answer; `at` is a Unix time."""

    at: float
    endpoint: str
    method: str
    params: dict[str, str]
    project_id: int | None
    status: int
    user: str


@dataclass(frozen=True, slots=True)
class Over:
    """What a 429 says of the limit that was reached."""

    message: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Of a call that came in; `over`: the limit that keeps it out."""

    number: int
    project_id: int | None
    over: Over | None = None


@dataclass
class Traffic:
    hourly_limit: int = 60
    concurrent_limit: int = 5
    hour_seconds: float = HOUR
    _calls: dict[int, Call] = field(default_factory=dict)
    _arrivals: int = 0
    _running: dict[int, dict[int, _Query]] = field(default_factory=lambda: defaultdict(dict))
    _hour: dict[int, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _most: Counter[int] = field(default_factory=Counter)
    _duplicates: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arrive(self, call: Call, *, counted: bool = True) -> Ticket:
        """Records a call and, if it counts, checks and takes its place within the limits, all at once."""
        with self._lock:
            self._arrivals += 1
            number = self._arrivals
            self._calls[number] = call
            project = call.project_id
            if project is None or not counted:
                return Ticket(number, None)
            asked = frozenset((name, value) for name, value in call.params.items() if name != "project_id")
            query = (call.method, call.endpoint, asked)
            running = self._running[project]
            self._duplicates += query in running.values()
            hour, now = self._hour[project], time.monotonic()
            while hour and hour[0] <= now - self.hour_seconds:
                hour.popleft()
            if len(hour) >= self.hourly_limit or len(running) >= self.concurrent_limit:
                return Ticket(number, None, self.over(project, len(running) + 1, len(hour) + 1))
            hour.append(now)
            running[number] = query
            self._most[project] = max(self._most[project], len(running))
            return Ticket(number, project)

    def over(self, project: int, running: int, hour: int) -> Over:
        """`running` and `hour` count the call that is refused."""
        hourly, concurrent = self.hourly_limit, self.concurrent_limit
        left = f'"project";r={max(0, hourly - hour)}'
        places = f'"project-concurrency";r={max(0, concurrent - running)}'
        if hour > hourly:
            reached = f"rate limit ({hour}/{hourly} queries running in the last hour)"
            limit, retry_after = f"{left};t=3600, {places}", {"Retry-After": "3600"}
        else:
            reached = f"concurrency limit ({running}/{concurrent} queries running concurrently)"
            limit, retry_after = f"{left}, {places};t=10", {}
        return Over(
            f"Query rate limit exceeded for project_id: {project}. This request exceeded the {reached}. For more "
            "information, please consult our documentation at "
            "https://docs.mixpanel.com/docs/other-bits/rate-limits#query-api-rate-limits",
            {
                "RateLimit-Policy": f'"project";q={hourly};w=3600, '
                f'"project-concurrency";q={concurrent};qu="concurrent-requests"',
                "RateLimit": limit,
                **retry_after,
            },
        )

    def leave(self, ticket: Ticket, status: int) -> None:
        """To be called just before the answer is written: a quick client asks again before the write returns."""
        with self._lock:
            if ticket.project_id is not None:
                self._running[ticket.project_id].pop(ticket.number, None)
            if ticket.number in self._calls:
                self._calls[ticket.number] = replace(self._calls[ticket.number], status=status)

    def reset(self) -> None:
        """Forgets all but what still runs."""
        with self._lock:
            self._calls.clear()
            self._hour.clear()
            self._duplicates = 0
            self._most = Counter({project: len(queries) for project, queries in self._running.items()})

    def calls(self) -> list[Call]:
        with self._lock:
            return list(self._calls.values())

    def most_running(self, project_id: int) -> int:
        with self._lock:
            return self._most[project_id]

    def duplicates(self) -> int:
        with self._lock:
            return self._duplicates

    def state(self) -> dict[str, object]:
        """For other processes, as JSON: `running` now and `most_running` at once (of one project), and by project."""
        with self._lock:
            now = time.monotonic()
            projects = {
                str(project): {
                    "running": len(self._running[project]),
                    "most_running": self._most[project],
                    "last_hour": sum(at > now - self.hour_seconds for at in self._hour[project]),
                }
                for project in sorted({*self._running, *self._hour, *self._most})
            }
            return {
                "running": sum(len(queries) for queries in self._running.values()),
                "most_running": max(self._most.values(), default=0),
                "duplicates_in_flight": self._duplicates,
                "count": len(self._calls),
                "projects": projects,
            }

"""A poller that sends polls to several servers, as a proxy does, and records the results while servers are killed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import requests

PAUSE = 0.05


class Poll(NamedTuple):
    at: float
    phase: str
    status: int
    seconds: float
    stale: bool


@dataclass
class Poller:
    """Polls the paths one after another. If a server does not answer, the poll goes to the next server.

    A poll that no server answers has status 0. `certificate` is the file of the proxy's certificate, if any.
    """

    paths: list[str]
    servers: list[str]
    certificate: str = ""
    phase: str = ""
    polls: list[Poll] = field(default_factory=list)
    bodies: dict[str, set[bytes]] = field(default_factory=dict)

    @contextmanager
    def polling(self) -> Iterator[None]:
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=30)

    def _run(self, over: threading.Event) -> None:
        number = 0
        with requests.Session() as session:
            session.trust_env = False
            session.verify = self.certificate or True
            while not over.wait(PAUSE):
                number += 1
                self._poll(session, self.paths[number % len(self.paths)], number)

    def _poll(self, session: requests.Session, path: str, number: int) -> None:
        phase, started = self.phase, time.monotonic()
        status, stale = 0, False
        for attempt in range(len(self.servers)):
            server = self.servers[(number + attempt) % len(self.servers)]
            try:
                answer = session.get(server + path, timeout=10)
            except requests.ConnectionError:
                continue
            status, stale = answer.status_code, "ttl=-" in answer.headers.get("Cache-Status", "")
            if status == 200:
                self.bodies.setdefault(path, set()).add(answer.content)
            break
        self.polls.append(Poll(time.time(), phase, status, time.monotonic() - started, stale))

    def summary(self) -> str:
        """Returns a table with a line per phase."""
        lines = [f"{'while':<34}{'polls':>6}{'200':>6}{'other':>6}{'old data':>9}{'slowest':>9}"]
        for phase in dict.fromkeys(poll.phase for poll in self.polls):
            polls = [poll for poll in self.polls if poll.phase == phase]
            good = sum(poll.status == 200 for poll in polls)
            old = sum(poll.stale for poll in polls)
            slowest = max(poll.seconds for poll in polls) * 1000
            lines.append(f"{phase:<34}{len(polls):>6}{good:>6}{len(polls) - good:>6}{old:>9}{slowest:>6.0f} ms")
        return "\n".join(lines)

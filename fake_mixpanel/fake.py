"""The stand-in Mixpanel itself: start it, look at what came in, make it slow, strict or broken.

    with FakeMixpanel() as mixpanel:
        …  # MIXPANEL_API_ROOT=mixpanel.url
        mixpanel.calls

Or on its own: `python -m fake_mixpanel --port 4711`, then /control/… (see control.py).
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from datetime import time as clock_time
from typing import Self

from fake_mixpanel import control
from fake_mixpanel.accounts import Accounts
from fake_mixpanel.asked import Asked, Refused
from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET, DEMO_SECRET, DEMO_USERNAME
from fake_mixpanel.endpoints import ENDPOINTS, find, shown
from fake_mixpanel.faults import MESSAGES, Fault, Faults, ReportType, as_bytes
from fake_mixpanel.parameters import read_parameters
from fake_mixpanel.server import Reply, Request, Server
from fake_mixpanel.traffic import Call, Ticket, Traffic

__all__ = ["DEMO_PROJECT_ID", "DEMO_PROJECT_SECRET", "DEMO_SECRET", "DEMO_USERNAME", "Call", "FakeMixpanel"]

Latency = float | Callable[[Call], float]


class FakeMixpanel:
    """`accounts` {name: secret}, `secrets` {project secret: project id}, `projects` {account name: project ids}.

    Left out, there are one account and one secret for DEMO_PROJECT_ID. `zones` {project id: zone name} for those
    not in US/Pacific. `today` stops the calendar. All attributes may be set while it runs.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        accounts: Mapping[str, str] | None = None,
        secrets: Mapping[str, int] | None = None,
        projects: Mapping[str, Iterable[int]] | None = None,
        zones: Mapping[int, str] | None = None,
        hourly_limit: int = 60,
        concurrent_limit: int = 5,
        today: date | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.who = Accounts(accounts, secrets, projects, zones)
        self.traffic = Traffic(hourly_limit, concurrent_limit)
        self.faults = Faults()
        self.today = today
        self.latency: Latency = 0.0
        self.plan_allows_api = True
        self._stopping = threading.Event()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """A second start after a stop is at the same port."""
        if self._server:
            raise RuntimeError("already started")
        self._stopping.clear()
        self._server = Server((self.host, self.port), self)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="stand-in Mixpanel", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends every connection, hanging ones too, and waits for the threads."""
        server, thread, self._server = self._server, self._thread, None
        if server and thread:
            self._stopping.set()
            self.faults.clear_faults()
            server.end()
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The value for MIXPANEL_API_ROOT; known once it has been started."""
        if not self.port:
            raise RuntimeError("not started yet")
        return f"http://{self.host}:{self.port}/api"

    @property
    def calls(self) -> list[Call]:
        """Every request, in the order they arrived; a copy."""
        return self.traffic.calls()

    def most_running(self, project_id: int = DEMO_PROJECT_ID) -> int:
        """The most queries of a project that ran at once."""
        return self.traffic.most_running(project_id)

    @property
    def duplicates_in_flight(self) -> int:
        """How often a query arrived while the same query of the same project was running."""
        return self.traffic.duplicates()

    @property
    def hourly_limit(self) -> int:
        return self.traffic.hourly_limit

    @hourly_limit.setter
    def hourly_limit(self, limit: int) -> None:
        self.traffic.hourly_limit = limit

    @property
    def concurrent_limit(self) -> int:
        return self.traffic.concurrent_limit

    @concurrent_limit.setter
    def concurrent_limit(self, limit: int) -> None:
        self.traffic.concurrent_limit = limit

    @property
    def hour_seconds(self) -> float:
        """How long the rolling hour is; a shorter one makes a test short."""
        return self.traffic.hour_seconds

    @hour_seconds.setter
    def hour_seconds(self, seconds: float) -> None:
        self.traffic.hour_seconds = seconds

    def reset(self) -> None:
        """Forgets the calls, the counts and the hour; what runs goes on running, switches stay as they are."""
        self.traffic.reset()

    def fail(
        self,
        status: int = 500,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
        endpoint: str | None = None,
    ) -> None:
        """Answers an error: `times` calls, or until `heal()`; without a body, in Mixpanel's words for the status.

        Calls still have to be let in and still count.
        """
        self.faults.add(Fault(status, body, dict(headers or {}), times=times, endpoint=endpoint))

    def broken(self, kind: ReportType, times: int | None = None, endpoint: str | None = None) -> None:
        """Answers something broken: `times` calls, or until `heal()`."""
        self.faults.add(Fault(kind=kind, times=times, endpoint=endpoint))

    def clear_faults(self) -> None:
        self.faults.clear_faults()

    def control(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        return control.answer(self, method, path, body)

    def receive(self, request: Request) -> Reply:
        """Lets a call in or not, lets it take its time, and answers; the call has ended when this returns."""
        endpoint, project_in_path = find(request.path)
        refused: Refused | None = None
        project_id = None
        try:
            caller = self.who.let_in(request.authorization, project_in_path or request.params.get("project_id", ""))
            user, project_id = caller.user, caller.project_id
            self._check_door(endpoint, request.method)
        except Refused as error:
            refused, user = error, self.who.name_of(request.authorization)
        call = Call(time.time(), endpoint, request.method, request.params, project_id, 0, user)
        # What lies under /api/app has limits of its own.
        ticket = self.traffic.arrive(call, counted=refused is None and not endpoint.startswith("app/"))
        status = 0
        try:
            reply = self._reply(request, call, ticket, refused)
            status = 0 if reply.fault and reply.fault.kind in ("reset", "hang") else reply.status
            return reply
        finally:
            self.traffic.leave(ticket, status)

    def _check_door(self, endpoint: str, method: str) -> None:
        if endpoint not in ENDPOINTS:
            raise Refused(404, f"no such endpoint: {endpoint}")
        if method != ENDPOINTS[endpoint].method:
            raise Refused(405, f"method not allowed: {method}")
        if not self.plan_allows_api:
            raise Refused(402, MESSAGES[402])

    def _reply(self, request: Request, call: Call, ticket: Ticket, refused: Refused | None) -> Reply:
        address = shown(call.endpoint, request.path, request.query)
        if refused or call.project_id is None:
            return _error(address, refused or Refused(500, "unknown error"))
        if ticket.over:
            return Reply(*_error_parts(address, Refused(429, ticket.over.message)), headers=ticket.over.headers)
        fault = self.faults.take(call.endpoint)
        latency = self.latency
        if self._stopping.wait(max(0.0, latency(call) if callable(latency) else latency)):
            return Reply(503, b"", fault=Fault(kind="reset"))
        if fault and fault.kind == "hang":
            fault.over.wait()
        if fault and not fault.kind:
            return self._failure(fault, address, call.project_id)
        try:
            answer = ENDPOINTS[call.endpoint].answer(self._asked(call, call.project_id))
        except Refused as error:
            return Reply(*_error_parts(address, error), fault=fault)
        return Reply(200, json.dumps(answer).encode(), fault=fault)

    def _asked(self, call: Call, project_id: int) -> Asked:
        zone = self.who.zone(project_id)
        now = datetime.combine(self.today, clock_time(12), zone) if self.today else datetime.now(UTC)
        return Asked(project_id, zone, now, read_parameters(call.endpoint, call.params, now.astimezone(zone).date()))

    def _failure(self, fault: Fault, address: str, project_id: int) -> Reply:
        if fault.body is not None:
            body, content_type = as_bytes(fault.body)
            return Reply(fault.status, body, content_type, fault.headers)
        message, headers = MESSAGES.get(fault.status, "unknown error"), fault.headers
        if fault.status == 429:
            over = self.traffic.over(project_id, 1, self.hourly_limit + 1)
            message, headers = over.message, {**over.headers, **headers}
        return Reply(*_error_parts(address, Refused(fault.status, message)), headers=headers)


def _error(address: str, error: Refused) -> Reply:
    headers = {"WWW-Authenticate": 'Basic realm="mixpanel"'} if error.status == 401 else {}
    return Reply(*_error_parts(address, error), headers=headers)


def _error_parts(address: str, error: Refused) -> tuple[int, bytes]:
    return error.status, json.dumps({"request": address, "error": error.message}).encode()


if __name__ == "__main__":
    from fake_mixpanel.__main__ import main

    main()

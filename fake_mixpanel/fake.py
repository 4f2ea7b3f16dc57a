"""The fake server. A test starts the server, reads the received calls, and can cause errors and delays.

with FakeMixpanel() as mixpanel:
    …  # set MIXPANEL_API_ROOT to mixpanel.url, and let MixCyfe send requests
    mixpanel.calls
"""

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from fake_mixpanel import journeys, saved_reports, segments, unsaved
from fake_mixpanel.accounts import project_of, user_of
from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_PROJECT_SECRET, DEMO_SECRET, DEMO_USERNAME
from fake_mixpanel.faults import MESSAGES, Fault, Faults
from fake_mixpanel.query import Query, Refused
from fake_mixpanel.server import Reply, Request, Server
from fake_mixpanel.traffic import Call, Traffic

__all__ = ["DEMO_PROJECT_ID", "DEMO_PROJECT_SECRET", "DEMO_SECRET", "DEMO_USERNAME", "Call", "FakeMixpanel"]

ZONE = ZoneInfo("US/Pacific")
"""The time zone of every project: the default of new projects at Mixpanel."""

ENDPOINTS: dict[str, Callable[[Query], Any]] = {
    "GET events": segments.events,
    "GET events/top": segments.top,
    "GET events/names": segments.names,
    "GET events/properties/top": segments.top_properties,
    "GET events/properties/values": segments.property_values,
    "GET segmentation": segments.segmentation,
    "GET segmentation/sum": segments.numeric_sum,
    "GET segmentation/average": segments.numeric_average,
    "GET insights": saved_reports.insights,
    "POST insights": unsaved.insights,
    "GET funnels": journeys.funnels,
    "GET funnels/list": journeys.funnels_list,
    "GET retention": journeys.retention,
    "GET retention/addiction": journeys.addiction,
    "GET app/bookmarks": saved_reports.bookmarks,
    "GET app/me": lambda query: {
        "status": "ok",
        "results": {"projects": {str(query.project_id): {"timezone": str(ZONE)}}},
    },
}
"""Method and path → function. Paths are relative to /api/query; those of the App API (`app/`) are relative to /api.

`app/bookmarks` is short for the path that BOOKMARKS matches.
"""

BOOKMARKS = re.compile(r"/api/app/projects/(\d+)/bookmarks")


class FakeMixpanel(Traffic, Faults):
    """The fake server. Every service account in `accounts` (name → secret) has access to all `projects`.

    Tests can change the attributes at any time, for example `latency` (in seconds).
    """

    def __init__(
        self, *, projects: tuple[int, ...] = (DEMO_PROJECT_ID,), hourly_limit: int = 60, concurrent_limit: int = 5
    ) -> None:
        Traffic.__init__(self, hourly_limit, concurrent_limit)
        Faults.__init__(self)
        self.accounts = {DEMO_USERNAME: DEMO_SECRET}
        self.projects = projects
        self.latency: float | Callable[[Call], float] = 0.0
        self.plan_allows_api = True
        self._stopped = threading.Event()
        self._server: Server | None = None

    def start(self) -> Self:
        self._server = Server(("127.0.0.1", 0), self.receive)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake Mixpanel", daemon=True).start()
        return self

    def stop(self) -> None:
        """Stops the server. Clients that still wait for an answer get none: their connections close."""
        self._stopped.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The server's address, for MixCyfe's setting MIXPANEL_API_ROOT."""
        assert self._server, "not started yet"
        return f"http://127.0.0.1:{self._server.server_port}/api"

    @staticmethod
    def problems(request: Request) -> Iterable[str]:
        """Returns the mistakes in a request. The demo does not look for mistakes. Tests use `published.problems`."""
        return ()

    def receive(self, request: Request) -> Reply:
        """Checks access and limits, waits for `latency` seconds, and returns the answer."""
        bookmarks = BOOKMARKS.fullmatch(request.path)
        is_app = request.path.startswith("/api/app/")
        endpoint = "app/bookmarks" if bookmarks else request.path.removeprefix("/api/" if is_app else "/api/query/")
        params = request.params
        project, refused, body = None, None, None
        try:
            default = str(self.projects[0]) if endpoint == "app/me" else ""
            project_id = bookmarks[1] if bookmarks else params.get("project_id", default)
            if request.method == "POST" and f"POST {endpoint}" in ENDPOINTS:
                body = _body(request)
                project_id = str(body.get("project_id", ""))
            project = project_of(request.authorization, project_id, self.accounts, self.projects)
            self._check(request.method, endpoint)
        except Refused as error:
            refused = error
        call = Call(endpoint, request.method, params, project, user_of(request.authorization), body=body)
        # Mixpanel's App API has other limits, which the fake does not apply.
        number, over = self.arrive(call, counted=not refused and not is_app)
        reply = Reply(0, b"", cut="reset")
        try:
            if refused := refused or over:
                raise refused
            reply = self._reply(request, call)
        except Refused as error:
            # In errors of GET queries, Mixpanel often names this older path instead of the requested one.
            address = request.path if is_app or body is not None else f"/api/2.0/{endpoint}"
            words = {"request": f"{address}?{request.query}", "error": error.message}
            reply = Reply(error.status, *_sent(words, error.headers))
        finally:
            self.leave(number, project, 0 if reply.cut == "reset" else reply.status)
        return reply

    def _check(self, method: str, endpoint: str) -> None:
        if f"{method} {endpoint}" not in ENDPOINTS:
            raise Refused(404, f"no such endpoint: {method} {endpoint}")
        if not self.plan_allows_api:
            raise Refused(402, MESSAGES[402])

    def _reply(self, request: Request, call: Call) -> Reply:
        if problems := list(self.problems(request)):
            raise Refused(400, "; ".join(problems))
        fault = self.take_fault(call)
        if self._stopped.wait(self.latency(call) if callable(self.latency) else self.latency):
            return Reply(0, b"", cut="reset")
        query = Query(call.project_id or 0, datetime.now(ZONE), call.params, call.body or {})
        if fault and not fault.cut:
            return self._failure(fault, query.project_id)
        answer = ENDPOINTS[f"{call.method} {call.endpoint}"](query)
        return Reply(200, *_sent(answer), cut=fault.cut if fault else "")

    def _failure(self, fault: Fault, project: int) -> Reply:
        if fault.body is not None:
            return Reply(fault.status, *_sent(fault.body, fault.headers))
        if fault.status == 429:
            over = self.over(project, 1, self.hourly_limit + 1)
            raise Refused(429, over.message, {**over.headers, **fault.headers})
        raise Refused(fault.status, MESSAGES.get(fault.status, "unknown error"), fault.headers)


def _body(request: Request) -> dict[str, Any]:
    try:
        return request.json()
    except ValueError:
        raise Refused(400, "the body must be a JSON object, sent as application/json") from None


def _sent(body: object, headers: Mapping[str, str] | None = None) -> tuple[bytes, dict[str, str]]:
    """Returns the body as bytes, and the headers. A body that is neither text nor bytes becomes JSON."""
    content_type = "text/html" if isinstance(body, str) and body.startswith("<") else "application/json"
    sent = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    return sent, {"Content-Type": content_type, **(headers or {})}

"""What other tests rely on: limits and counting are right, faults are on the wire, nothing unpublished passes."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

from fake_mixpanel import published
from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.conftest import UNPUBLISHED

ACCOUNT = (DEMO_USERNAME, DEMO_SECRET)
DATES = {"from_date": "2026-01-05", "to_date": "2026-02-20"}
EVENT = {"event": "Signed up", **DATES}
EVENTS = {"event": '["Signed up", "Logged in"]', "type": "general", "unit": "day", **DATES}
PLAN = 'properties["plan"]'

Ask = Callable[..., requests.Response]


@pytest.fixture
def fake() -> Iterator[FakeMixpanel]:
    with FakeMixpanel() as fake:
        yield fake


@pytest.fixture
def ask(fake: FakeMixpanel) -> Ask:
    def ask(endpoint: str = "funnels/list", *, method: str = "GET", auth: Any = ACCOUNT, **params: Any) -> Any:
        params = {"project_id": DEMO_PROJECT_ID, **params}
        return requests.request(method, f"{fake.url}/query/{endpoint}", params=params, auth=auth, timeout=5)

    return ask


@pytest.mark.parametrize(
    ("endpoint", "params"),
    [
        ("segmentation", DATES),
        ("segmentation", {**EVENT, "unit": "year"}),
        ("segmentation", {**EVENT, "unit": "day", "interval": 7}),
        ("segmentation", {**EVENT, "from_date": "20260105"}),
        ("segmentation", {**EVENT, "limit": 10_001}),
        ("segmentation", {**EVENT, "colour": "blue"}),
        ("segmentation/sum", {**EVENT, "on": PLAN, "unit": "week"}),
        ("events", {**EVENTS, "where": f'{PLAN} == "Free"'}),
        ("insights", {"bookmark_id": "abc"}),
        ("funnels", DATES),
        ("retention", DATES),
        ("retention/addiction", {**DATES, "unit": "day", "addiction_unit": "day"}),
    ],
)
def test_it_refuses_what_mixpanel_does_not_describe(ask: Ask, endpoint: str, params: dict[str, Any]) -> None:
    assert ask(endpoint, **params).status_code == 400
    assert UNPUBLISHED, "and the test that asks so fails"
    UNPUBLISHED.clear()


@pytest.mark.parametrize(
    ("endpoint", "params"),
    [
        ("events", EVENTS),
        ("events/top", {"type": "general"}),
        ("events/names", {"type": "general", "limit": 3}),
        ("events/properties/top", {"event": "Signed up"}),
        ("events/properties/values", {"event": "Signed up", "name": "plan"}),
        ("segmentation", {**EVENT, "unit": "week", "on": PLAN}),
        ("segmentation", {**EVENT, "interval": 47, "type": "unique"}),
        ("insights", {"bookmark_id": 41002}),
        # Not funnels: their first step has no time, which the description says in words, but not in its schema.
        ("funnels/list", {}),
        ("retention", {**DATES, "born_event": "Signed up", "interval_count": 4}),
        ("retention/addiction", {**DATES, "unit": "week", "addiction_unit": "day"}),
    ],
)
def test_it_answers_in_the_shape_that_mixpanel_describes(ask: Ask, endpoint: str, params: dict[str, Any]) -> None:
    answer = ask(endpoint, **params)
    asked = requests.Request("GET", f"{published.ROOT}/{endpoint}", params=params)
    published.api().validate_response(RequestsOpenAPIRequest(asked), RequestsOpenAPIResponse(answer))


def test_it_refuses_dates_that_have_not_come(ask: Ask) -> None:
    answer = ask("segmentation", event="Signed up", from_date="2026-01-05", to_date="2999-01-01")
    assert (answer.status_code, answer.json()["error"]) == (400, "to_date cannot be later than today")


def test_it_allows_so_many_an_hour_and_counts_none_that_it_turned_away(fake: FakeMixpanel, ask: Ask) -> None:
    fake.hourly_limit = 2
    assert ask(auth=("nobody", "x")).status_code == 401
    assert [ask().status_code for _ in range(4)] == [200, 200, 429, 429]
    assert "rate limit (3/2 queries running in the last hour)" in ask().json()["error"]
    assert ask().headers["RateLimit"] == '"project";r=0;t=3600, "project-concurrency";r=4'
    bookmarks = f"{fake.url}/app/projects/{DEMO_PROJECT_ID}/bookmarks?v=2"
    assert requests.get(bookmarks, auth=ACCOUNT, timeout=5).status_code == 200, "it has limits of its own"


def test_it_runs_so_many_at_once_and_goes_on_with_what_a_client_gave_up(fake: FakeMixpanel, ask: Ask) -> None:
    fake.latency = 0.5
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{fake.url}/query/funnels/list?project_id={DEMO_PROJECT_ID}", auth=ACCOUNT, timeout=0.1)
    with ThreadPoolExecutor(7) as pool:
        statuses = list(pool.map(lambda n: ask("events/names", type="general", limit=n).status_code, range(1, 8)))
    assert sorted(statuses) == [200] * 4 + [429] * 3
    assert (fake.most_running(), fake.duplicates_in_flight) == (5, 0)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: ask(), range(2)))
    assert fake.duplicates_in_flight == 1


def test_it_never_makes_quick_clients_look_guilty(fake: FakeMixpanel, ask: Ask) -> None:
    """Each of 16 clients asks again the moment it has its answer: never more than 16 may seem to run."""
    fake.hourly_limit, fake.concurrent_limit = 10_000, 16
    start = threading.Barrier(16)

    def storm(client: int) -> set[int]:
        start.wait()
        return {ask("events/names", type="general", limit=client + 1).status_code for _ in range(6)}

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(storm, range(16))) == [{200}] * 16
    assert (fake.most_running() <= 16, fake.duplicates_in_flight, len(fake.calls)) == (True, 0, 96)


def test_its_faults_are_on_the_wire_and_end(fake: FakeMixpanel, ask: Ask) -> None:
    fake.fail(503, times=1, endpoint="funnels/list")
    fake.fail(429, headers={"Retry-After": "7"}, times=1)
    assert ask("events/names", type="general").headers["Retry-After"] == "7"
    assert [ask().status_code for _ in range(2)] == [503, 200]
    for kind, error in [("truncated", requests.exceptions.ChunkedEncodingError), ("reset", requests.ConnectionError)]:
        fake.broken(kind)
        with pytest.raises(error):
            ask()
    fake.clear_faults()
    assert ask().status_code == 200


def test_it_lets_everybody_go_when_it_stops(fake: FakeMixpanel, ask: Ask) -> None:
    fake.latency = 60
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask)
        while not fake.calls:
            time.sleep(0.01)
        fake.stop()
        assert isinstance(waiting.exception(timeout=2), requests.ConnectionError)

"""Limits are Mixpanel's, and the counting is right when many ask at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_SECRET
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import ACCOUNT, TODAY, Ask, ask_of


def test_it_allows_so_many_an_hour_and_says_how_many(standin: FakeMixpanel, ask: Ask) -> None:
    standin.hourly_limit = 3
    assert [ask("funnels/list").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = ask("events/names", type="general")
    body = refused.json()
    assert body["request"] == f"/api/2.0/events/names?project_id={DEMO_PROJECT_ID}&type=general"
    assert body["error"].startswith(
        "Query rate limit exceeded for project_id: 2526451. This request exceeded the rate limit (4/3 queries running "
        "in the last hour). For more information, please consult our documentation at https://docs.mixpanel.com/"
    )
    assert DEMO_SECRET not in str(body)
    assert refused.headers["RateLimit-Policy"] == (
        '"project";q=3;w=3600, "project-concurrency";q=5;qu="concurrent-requests"'
    )
    assert refused.headers["RateLimit"] == '"project";r=0;t=3600, "project-concurrency";r=4'
    assert refused.headers["Retry-After"] == "3600"


def test_it_counts_refused_queries_but_not_those_it_turned_away(standin: FakeMixpanel, ask: Ask) -> None:
    standin.hourly_limit = 2
    assert ask("segmentation", event="x").status_code == 400
    assert ask("funnels/list", auth=("nobody", "x")).status_code == 401
    assert [ask("funnels/list").status_code for _ in range(2)] == [200, 429]
    bookmarks = f"{standin.url}/app/projects/{DEMO_PROJECT_ID}/bookmarks?v=2"
    assert requests.get(bookmarks, auth=ACCOUNT, timeout=5).status_code == 200, "it has limits of its own"


def test_it_lets_the_hour_roll_on(standin: FakeMixpanel, ask: Ask) -> None:
    standin.hourly_limit, standin.hour_seconds = 1, 0.2
    assert [ask("funnels/list").status_code for _ in range(2)] == [200, 429]
    time.sleep(0.21)
    assert ask("funnels/list").status_code == 200


def test_it_counts_each_project_for_itself() -> None:
    with FakeMixpanel(today=TODAY, hourly_limit=1, zones={7: "UTC"}) as standin:
        ask = ask_of(standin)
        assert [ask("funnels/list", project_id=project).status_code for project in (7, DEMO_PROJECT_ID, 7)] == [
            200, 200, 429,
        ]  # fmt: skip


def test_it_runs_so_many_at_once(standin: FakeMixpanel, ask: Ask) -> None:
    standin.latency = 0.3
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ask("events/names", type="general", limit=number), range(1, 9)))
    over = [answer for answer in answers if answer.status_code == 429]
    assert (len(answers) - len(over), len(over)) == (5, 3)
    assert "6/5 queries running concurrently" in over[0].json()["error"]
    assert over[0].headers["RateLimit"] == '"project";r=54, "project-concurrency";r=0;t=10'
    assert standin.most_running() == 5
    assert standin.duplicates_in_flight == 0


def test_it_goes_on_running_what_a_client_gave_up(standin: FakeMixpanel, ask: Ask) -> None:
    standin.latency, standin.concurrent_limit = 0.4, 1
    with pytest.raises(requests.ReadTimeout):
        ask("funnels/list", timeout=0.1)
    assert ask("events/names", type="general").status_code == 429
    time.sleep(0.4)
    standin.latency = 0
    assert ask("events/names", type="general").status_code == 200


def test_it_notices_the_same_query_twice_at_a_time(standin: FakeMixpanel, ask: Ask) -> None:
    standin.latency = 0.2
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda limit: ask("events/names", type="general", limit=limit), (1, 1, 2)))
    assert standin.duplicates_in_flight == 1
    ask("events/names", type="general", limit=1)
    assert standin.duplicates_in_flight == 1


def test_it_asks_how_long_a_call_takes(standin: FakeMixpanel, ask: Ask) -> None:
    standin.latency = lambda call: 1.0 if call.endpoint == "funnels/list" else 0.0
    begun = time.monotonic()
    ask("events/names", type="general")
    between = time.monotonic()
    ask("funnels/list")
    assert between - begun < 0.8
    assert time.monotonic() - between >= 1.0


def test_it_never_makes_quick_clients_look_guilty() -> None:
    """Each of 32 clients asks again the moment it has its answer: never more than 32 may seem to run."""
    clients, rounds = 32, 12
    with FakeMixpanel(today=TODAY, hourly_limit=10_000, concurrent_limit=clients) as standin:
        start = threading.Barrier(clients)

        def storm(client: int) -> list[int]:
            session = requests.Session()
            session.trust_env = False
            session.auth = ACCOUNT
            start.wait()
            params: dict[str, object] = {"project_id": DEMO_PROJECT_ID, "type": "general", "limit": client + 1}
            url = f"{standin.url}/query/events/names"
            with session:
                return [session.get(url, params=params, timeout=10).status_code for _ in range(rounds)]

        with ThreadPoolExecutor(clients) as pool:
            statuses = [status for answered in pool.map(storm, range(clients)) for status in answered]
        assert statuses == [200] * (clients * rounds)
        assert standin.most_running() <= clients
        assert standin.duplicates_in_flight == 0
        assert len(standin.calls) == clients * rounds
        assert standin.traffic.state()["running"] == 0


def test_it_forgets_what_came_in_but_not_what_runs(standin: FakeMixpanel, ask: Ask) -> None:
    standin.hourly_limit = 2
    ask("funnels/list")
    standin.latency = 0.3
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(ask, "funnels/list")
        while standin.traffic.state()["running"] != 1:
            time.sleep(0.01)
        standin.reset()
        assert (standin.calls, standin.most_running()) == ([], 1)
        assert running.result().status_code == 200
    standin.latency = 0
    assert [ask("funnels/list").status_code for _ in range(3)] == [200, 200, 429]

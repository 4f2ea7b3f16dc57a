"""Other processes can watch and switch the stand-in over HTTP."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from fake_mixpanel.dataset import DEMO_PROJECT_ID, DEMO_USERNAME
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import ACCOUNT, Ask

ROOT = Path(__file__).parents[2]


def controlled(url: str, **switches: Any) -> requests.Response:
    return requests.post(f"{url.removesuffix('/api')}/control/set", json=switches, timeout=5)


def seen(url: str, what: str) -> Any:
    return requests.get(f"{url.removesuffix('/api')}/control/{what}", timeout=5).json()


def test_it_shows_calls_and_state(standin: FakeMixpanel, ask: Ask) -> None:
    ask("events/names", type="general")
    (call,) = seen(standin.url, "calls")
    assert call | {"at": 0} == {
        "at": 0,
        "endpoint": "events/names",
        "method": "GET",
        "params": {"project_id": str(DEMO_PROJECT_ID), "type": "general"},
        "project_id": DEMO_PROJECT_ID,
        "status": 200,
        "user": DEMO_USERNAME,
    }
    assert seen(standin.url, "state") == {
        "running": 0,
        "most_running": 1,
        "duplicates_in_flight": 0,
        "count": 1,
        "projects": {str(DEMO_PROJECT_ID): {"running": 0, "most_running": 1, "last_hour": 1}},
    }
    assert len(standin.calls) == 1  # looking does not count


def test_it_sets_every_switch(standin: FakeMixpanel, ask: Ask) -> None:
    ask("funnels/list")
    state = controlled(
        standin.url, latency=0.01, hourly_limit=2, concurrent_limit=3, hour_seconds=60, today="2026-01-02", reset=True
    )
    assert (state.status_code, state.json()["count"]) == (200, 0)
    assert (standin.latency, standin.hourly_limit, standin.concurrent_limit) == (0.01, 2, 3)
    names = ask("events", event='["Signed up"]', type="general", unit="day", interval=1)
    assert names.json()["data"]["series"] == ["2026-01-02"]
    controlled(standin.url, fail={"status": 503, "body": {"error": "x"}, "times": 1}, hourly_limit=9)
    assert [ask("funnels/list").status_code for _ in range(2)] == [503, 200]
    controlled(standin.url, broken="html")
    assert ask("funnels/list").text.startswith("<!DOCTYPE")
    controlled(standin.url, heal=True, plan_allows_api=False, broken={"kind": "empty", "times": 1})
    assert ask("funnels/list").status_code == 402


@pytest.mark.parametrize(
    "switches", [{"colour": 1}, {"latency": "x"}, {"broken": "x"}, {"fail": {"code": 1}}, {"today": "x"}]
)
def test_it_refuses_switches_it_does_not_know(standin: FakeMixpanel, switches: dict[str, Any]) -> None:
    assert controlled(standin.url, **switches).status_code == 400


def test_it_runs_as_a_program_of_its_own() -> None:
    command = [sys.executable, "-m", "fake_mixpanel.fake", "--port", "0", "--status", "503", "--times", "1",
               "--project", "7=Europe/Paris", "--account", "ann:a:b", "--hourly-limit", "3"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            assert program.stderr
            url = program.stdout.readline().strip()
            ask = f"{url}/query/funnels/list"
            statuses = [
                requests.get(ask, {"project_id": project}, auth=auth, timeout=5).status_code
                for project, auth in [(7, ACCOUNT), (7, ("ann", "a:b")), (DEMO_PROJECT_ID, ACCOUNT)]
            ]
            assert statuses == [503, 200, 200]
            assert seen(url, "state")["count"] == 3
        finally:
            program.terminate()
        assert (program.wait(5), program.stderr.read()) == (0, "")

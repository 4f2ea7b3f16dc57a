"""What can be made to go wrong goes wrong in the way it says, and heals."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from fake_mixpanel.dataset import DEMO_PROJECT_ID
from fake_mixpanel.fake import FakeMixpanel
from tests.fake_mixpanel.conftest import ACCOUNT, Ask


def test_it_fails_until_it_heals(standin: FakeMixpanel, ask: Ask) -> None:
    standin.fail(503)
    assert [ask("funnels/list").status_code for _ in range(2)] == [503, 503]
    assert ask("funnels/list").json()["error"] == "unknown error"
    assert ask("funnels/list", auth=("nobody", "x")).status_code == 401
    standin.clear_faults()
    assert ask("funnels/list").status_code == 200


def test_it_fails_some_times_and_at_some_endpoint_only(standin: FakeMixpanel, ask: Ask) -> None:
    standin.fail(500, times=1, endpoint="funnels/list")
    standin.fail(502, times=1, endpoint="funnels/list")
    assert ask("cohorts/list", method="POST").status_code == 200
    assert [ask("funnels/list").status_code for _ in range(3)] == [500, 502, 200]


def test_it_replaces_a_failure_without_end(standin: FakeMixpanel, ask: Ask) -> None:
    standin.fail(500)
    standin.fail(402)
    assert ask("funnels/list").json()["error"] == "Your plan does not allow API calls"
    standin.broken("empty", times=1)
    assert [ask("funnels/list").content == b"" for _ in range(2)] == [True, False]


def test_it_fails_with_the_body_and_headers_it_is_given(standin: FakeMixpanel, ask: Ask) -> None:
    standin.fail(429, headers={"Retry-After": "7"}, times=1)
    standin.fail(200, {"error": "some error"}, times=1)
    standin.fail(502, "<html>Bad Gateway</html>", times=1)
    limited, odd, page = (ask("funnels/list") for _ in range(3))
    assert (limited.headers["Retry-After"], "61/60 queries" in limited.json()["error"]) == ("7", True)
    assert (odd.status_code, odd.json()) == (200, {"error": "some error"})
    assert (page.text, page.headers["Content-Type"]) == ("<html>Bad Gateway</html>", "text/html; charset=utf-8")
    assert [call.status for call in standin.calls] == [429, 200, 502]


def test_it_knows_no_other_faults(standin: FakeMixpanel) -> None:
    with pytest.raises(ValueError, match="no such kind"):
        standin.broken("other")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not a status"):
        standin.fail(42)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("garbage", ValueError),
        ("html", ValueError),
        ("empty", ValueError),
        ("deep", RecursionError),
        ("truncated", requests.exceptions.ChunkedEncodingError),
        ("reset", requests.ConnectionError),
    ],
)
def test_it_answers_something_broken(standin: FakeMixpanel, ask: Ask, kind: Any, error: type[Exception]) -> None:
    standin.broken(kind, times=1)
    with pytest.raises(error):
        json.loads(ask("funnels/list").content)
    assert ask("funnels/list").status_code == 200
    assert standin.calls[0].status == (0 if kind == "reset" else 200)


def test_it_answers_valid_json_of_no_known_shape(standin: FakeMixpanel, ask: Ask) -> None:
    standin.broken("wrong_shape")
    assert ask("segmentation", event="x", from_date="2026-11-01", to_date="2026-11-01").json()["data"]["series"] == 7


def test_it_trickles_byte_by_byte(standin: FakeMixpanel, ask: Ask) -> None:
    standin.broken("trickle")
    address = ("127.0.0.1", standin.port)
    with socket.create_connection(address, timeout=5) as connection:
        request = requests.Request(
            "GET", f"{standin.url}/query/funnels/list?project_id={DEMO_PROJECT_ID}", auth=ACCOUNT
        )
        prepared = request.prepare()
        lines = [f"GET {prepared.path_url} HTTP/1.1", "Host: x", f"Authorization: {prepared.headers['Authorization']}"]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        begun, received = time.monotonic(), b""
        while len(received.partition(b"\r\n\r\n")[2]) < 3:
            received += connection.recv(4096)
        assert 0.3 < time.monotonic() - begun < 2
        assert standin.traffic.state()["running"] == 0
        standin.clear_faults()
        length = int(received.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(received.partition(b"\r\n\r\n")[2]) < length:
            received += connection.recv(4096)
    assert json.loads(received.partition(b"\r\n\r\n")[2])[0]["funnel_id"] == 7509


def test_it_streams_more_than_anyone_should_read(standin: FakeMixpanel) -> None:
    standin.broken("huge", times=1)
    url = f"{standin.url}/query/funnels/list?project_id={DEMO_PROJECT_ID}"
    with requests.get(url, auth=ACCOUNT, stream=True, timeout=5) as response:
        size = 0
        for chunk in response.iter_content(1 << 20):
            size += len(chunk)
    assert size > 60_000_000


def test_it_hangs_until_it_heals_and_runs_meanwhile(standin: FakeMixpanel, ask: Ask) -> None:
    standin.broken("hang", times=1)
    with pytest.raises(requests.ReadTimeout):
        ask("funnels/list", timeout=0.1)
    assert standin.traffic.state()["running"] == 1
    assert ask("funnels/list").status_code == 200
    standin.clear_faults()
    deadline = time.monotonic() + 2
    while standin.traffic.state()["running"] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert standin.traffic.state()["running"] == 0


def test_it_stops_at_once_and_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    standin = FakeMixpanel().start()
    url = f"{standin.url}/query/funnels/list?project_id={DEMO_PROJECT_ID}"
    unread, idle = requests.Session(), requests.Session()
    standin.broken("huge", times=1)
    unread.get(url, auth=ACCOUNT, stream=True, timeout=5)
    idle.get(url, auth=ACCOUNT, timeout=5)
    with ThreadPoolExecutor(2) as pool:
        standin.latency = lambda call: 60.0 if len(standin.calls) == 4 else 0.0
        standin.broken("hang", times=1)
        waiting = []
        for running in (1, 2):
            waiting.append(pool.submit(requests.get, url, auth=ACCOUNT, timeout=5))
            while standin.traffic.state()["running"] != running:
                time.sleep(0.01)
        begun = time.monotonic()
        standin.stop()
        assert time.monotonic() - begun < 1
        assert all(isinstance(answer.exception(), requests.ConnectionError) for answer in waiting)
    unread.close()
    idle.close()
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        requests.get(url, auth=ACCOUNT, timeout=5)


def test_it_comes_back_at_the_same_address() -> None:
    standin = FakeMixpanel()
    with pytest.raises(RuntimeError):
        _ = standin.url
    urls = []
    for _ in range(2):
        with standin:
            urls.append(standin.url)
            assert requests.get(f"{standin.url}/query/x", timeout=5).status_code == 401
            with pytest.raises(RuntimeError):
                standin.start()
    assert urls[0] == urls[1]
    standin.stop()

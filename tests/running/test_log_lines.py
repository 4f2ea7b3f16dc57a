"""The log of a real server, as text and as JSON: each line is safe, has no secret, and has the id of its request."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from fake_mixpanel.fake import DEMO_SECRET, DEMO_USERNAME
from tests.running.site import Site, eventually

pytestmark = pytest.mark.slow

SIGNUPS = {"title": "Signups", "report": "events", "events": ["Signed up"]}
MARKER = "a-shared-boards-token-q7"
GIVEN = "0123-from-the-proxy-89ab"
HOSTILE = 'root"}\n{"level": "INFO", "message": "forged\u2028\u202e\x1b[31m'


def log_in(base: str, name: str, **headers: str) -> requests.Response:
    with requests.Session() as browser:
        page = browser.get(f"{base}/admin/login/", timeout=60).text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"username": name, "password": "wrong", "csrfmiddlewaretoken": token[1]}
        return browser.post(f"{base}/admin/login/", form, headers=headers, timeout=60)


def json_lines(site: Site) -> list[dict[str, Any]]:
    return [json.loads(line) for line in site.logs().split("\n")[:-1]]


def test_json_lines_are_one_object_per_record_and_hold_no_secret(host: Callable[..., Site]) -> None:
    site = host(LOG_FORMAT="json", TRUST_PROXY="on")
    (path,) = site.add(SIGNUPS)
    base, _ = site.serve()
    answer = requests.get(base + path, headers={"X-Request-ID": GIVEN}, timeout=60)
    assert answer.status_code == 200
    assert "X-Request-ID" not in answer.headers
    assert log_in(base, HOSTILE, **{"X-Request-ID": f"{GIVEN}2"}).headers["X-Request-ID"] == f"{GIVEN}2"
    for number, table in enumerate(("widgets_sharedboard", "widgets_rendering")):
        site.sql(f"ALTER TABLE {table} RENAME TO gone_{number}")
    for address in (f"/b/{MARKER}", f"{path.removesuffix('csv')}json"):
        assert requests.get(base + address, timeout=60).status_code >= 500
    eventually(lambda: len(json_lines(site)) >= 4)
    query, login, board, poll = json_lines(site)
    assert set(query) == {"time", "level", "logger", "message", "request_id"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", query["time"])
    assert (query["level"], query["logger"]) == ("INFO", "widgets.refresh.gateway")
    assert query["message"].startswith("query project=1 snapshot=1 report=events ")
    assert [query["request_id"], login["request_id"]] == [GIVEN, f"{GIVEN}2"]
    assert login["message"].startswith('login failed: address=127.0.0.1 name="root')
    assert not re.search("[\x00-\x1f\u2028\u202e]", login["message"])
    assert (board["logger"], board["message"]) == ("widgets.web.shared_boards", "a shared board failed")
    assert "no such table" in board["exception"].splitlines()[-1]
    assert set(board) == {"time", "level", "logger", "message", "request_id", "exception"}
    assert (poll["message"], "Traceback" in poll["exception"]) == ("a poll failed", True)
    assert len({line["request_id"] for line in (query, login, board, poll)}) == 4
    slug = path.removeprefix("/w/").removesuffix(".csv")
    assert not [secret for secret in (DEMO_SECRET, DEMO_USERNAME, slug, MARKER) if secret in site.logs()]


def test_only_a_trusted_proxy_chooses_the_id(host: Callable[..., Site]) -> None:
    site = host()
    base, _ = site.serve()
    shown = log_in(base, "root request=forged00", **{"X-Request-ID": GIVEN}).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", shown)
    eventually(lambda: f' name="root request=forged00" request={shown}\n' in site.logs())
    assert site.logs().count("\n") == 1


@pytest.mark.parametrize("bad", ["short", "x" * 65, "with space 1", "ümlaut-123", "a_b_c_d_e_f"])
def test_an_id_of_another_form_is_replaced(host: Callable[..., Site], bad: str) -> None:
    base, _ = host(TRUST_PROXY="on").web()
    shown = requests.get(f"{base}/healthz", headers={"X-Request-ID": bad.encode()}, timeout=60).headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", shown)
    kept = requests.get(f"{base}/healthz", headers={"X-Request-ID": GIVEN}, timeout=60).headers["X-Request-ID"]
    assert kept == GIVEN

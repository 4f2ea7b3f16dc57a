"""The log of a running server: one line per query to Mixpanel, none per poll, and no address or secret."""

import json
import re
from pathlib import Path

import pytest
import requests

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from tests.commands.copy import Copy
from tests.running.site import answers, eventually, free_port

LINE = re.compile(
    r"\S+ \S+ (INFO|WARNING) widgets\.refresh\.gateway query project=1 snapshot=1 report=events ms=\d+ outcome=(\w+)"
    r" request=[0-9a-f]{32}"
)


def widgets() -> str:
    project = {"name": "Acme", "project_id": DEMO_PROJECT_ID, "username": DEMO_USERNAME, "secret": DEMO_SECRET}
    widget = {"project": "Acme", "title": "Signups", "report": "events", "events": ["Signed up"]}
    return json.dumps({"projects": [project], "widgets": [widget, widget | {"title": "Copy", "chart": "pie"}]})


@pytest.mark.slow
def test_a_server_logs_one_line_per_query_and_none_per_poll(tmp_path: Path) -> None:
    site = Copy(tmp_path, with_database=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    with FakeMixpanel() as mixpanel:
        settings = {"MIXPANEL_API_ROOT": mixpanel.url, "MIXPANEL_TIMEOUT": "5"}
        server = site.start("serve", f"--port={port}", **settings)
        try:
            eventually(lambda: answers(f"{base}/healthz"))
            printed = site.manage("import_widgets", "-", stdin=widgets()).stdout
            first, second = (
                base + line.split("\t")[1].removeprefix("http://127.0.0.1:8000") for line in printed.splitlines()
            )
            mixpanel.fail(500, times=1)
            assert requests.get(first, timeout=60).status_code == 503
            site.manage("shell", "-v0", "-c", "from widgets.models import *; Snapshot.objects.update(retry_at=None)")
            for address in (first, second, first, second, first):
                assert requests.get(address, timeout=60).status_code == 200
            for path in ("/w/guess.csv", f"/w/{'x' * 24}.csv", "/nothing", "/healthz", "/admin/login/"):
                requests.get(base + path, timeout=60)
            requests.get(first, headers={"Host": "evil.example"}, timeout=60)
            assert requests.post(first, timeout=60).status_code == 405
            # These POSTs must not be logged, because an address can be long, or the link of an invitation.
            for path in ("/admin/login/", "/welcome/OQ/c0ffee-made-up-token/", f"/admin/{'z' * 7000}"):
                assert requests.post(base + path, {"a": "b"}, timeout=60).status_code == 403
                requests.post(base + path, files={"a": b"x"}, cookies={"csrftoken": "a" * 32}, timeout=60)
        finally:
            server.terminate()
            log, _ = server.communicate(timeout=60)
    lines = log.splitlines()
    assert [(found[1], found[2]) for line in lines if (found := LINE.fullmatch(line))] == [
        ("WARNING", "unavailable"),
        ("INFO", "ok"),
    ], log
    assert len(lines) == 2, log
    assert not any(
        secret in log for secret in (DEMO_SECRET, DEMO_USERNAME, first.rsplit("/", 1)[1].removesuffix(".csv"))
    )

"""/metrics: the numbers that Prometheus gets with the token. Without the token, nobody gets a number."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families as parse

from fake_mixpanel.fake import DEMO_SECRET, DEMO_USERNAME
from tests.conftest import new_project
from tests.web.metrics import BEARER, TOKEN, Numbers, folder, numbers
from widgets.models import Project, Snapshot, Widget
from widgets.web import metrics_page

__all__ = ["folder", "numbers"]
ROOT = Path(__file__).resolve().parents[2]
MakeWidget = Callable[..., Widget]


def test_without_a_token_in_the_settings_the_page_does_not_exist(client: Client, db: None) -> None:
    for header in ({}, BEARER, {"Authorization": "Bearer "}):
        answer = client.get("/metrics", headers=header)
        assert (answer.status_code, answer.content) == (404, b"Not found\n")
    assert client.post("/metrics").status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer é"])
def test_a_wrong_token_is_refused(client: Client, db: None, folder: Path, sent: str) -> None:
    answer = client.get("/metrics", headers={"Authorization": sent} if sent else {})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (answer.headers["Cache-Control"], b"mixcyfe_" in answer.content) == ("private, no-store", False)


def test_it_needs_no_login_reads_no_cookie_and_is_never_cached(
    client: Client, db: None, folder: Path, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = settings.SECURE_SSL_REDIRECT = True
    answer = client.get("/metrics", headers=BEARER)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    head = client.head("/metrics", headers=BEARER)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["Content-Length"]) > 1000
    post = client.post("/metrics", headers=BEARER)
    assert (post.status_code, post.headers["Allow"]) == (405, "GET, HEAD")
    assert client.get("/metrics", headers={"Authorization": f"bearer  {TOKEN}"}).status_code == 200


def test_it_counts_polls_by_outcome(
    make_widget: MakeWidget, poll: Any, numbers: Callable[[], Numbers], client: Client
) -> None:
    widget = make_widget(include_today=True)
    first = poll(widget)
    poll(widget)
    poll(widget, **{"If-None-Match": first.headers["ETag"]})
    client.get(f"/w/{'x' * 24}.csv")
    client.post(f"/w/{widget.slug}.csv")
    client.get(f"/b/{'x' * 24}")  # a shared board's address is no poll
    Snapshot.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    poll(widget)
    found = {name[1]: number for name, number in numbers().items() if name[0] == "mixcyfe_polls_total"}
    right = {"waited": 1, "fresh": 1, "not_modified": 1, "not_found": 1, "not_allowed": 1, "stale": 1}
    assert found == {"unavailable": 0, "broken": 0} | right


def test_a_poll_without_data_is_counted_as_unavailable(
    make_widget: MakeWidget, poll: Any, numbers: Callable[[], Numbers], project: Project
) -> None:
    Project.objects.update(secret="")
    assert poll(make_widget()).status_code == 503
    assert numbers()["mixcyfe_polls_total", "unavailable"] == 1


def test_it_counts_queries_and_what_is_left(make_widget: MakeWidget, poll: Any, numbers: Callable[[], Numbers]) -> None:
    before = numbers()
    assert before["mixcyfe_queries_total", "ok", "Acme"] == 0
    assert before["mixcyfe_queries_left", "Acme"] == 60
    poll(make_widget())
    after = numbers()
    assert after["mixcyfe_queries_total", "ok", "Acme"] == 1
    assert after["mixcyfe_queries_left", "Acme"] == 59
    assert after["mixcyfe_queries_limit", "Acme"] == 60
    assert (after["mixcyfe_query_seconds_count",], after["mixcyfe_query_seconds_bucket", "+Inf"]) == (1, 1)


def test_the_age_is_that_of_the_oldest_polled_widget(make_widget: MakeWidget, numbers: Callable[[], Numbers]) -> None:
    now = timezone.now()
    for event, hours, was_polled, active in (
        ("Signed up", 1, True, True),
        ("Logged in", 2, True, True),
        ("Purchased", 3, False, True),
        ("Upgraded", 4, True, False),
    ):
        widget = make_widget(events=[event], active=active)
        at = now - timedelta(hours=hours)
        due_at = at + timedelta(minutes=90)
        Snapshot.objects.filter(pk=widget.snapshot_id).update(fetched_at=at, due_at=due_at)
        Widget.objects.filter(pk=widget.pk).update(last_polled_at=now if was_polled else None)
    found = numbers()
    assert found["mixcyfe_data_age_seconds", "Acme"] == pytest.approx(2 * 3600, abs=60)
    assert found["mixcyfe_overdue_seconds", "Acme"] == pytest.approx(1800, abs=60)
    # A stale widget that was never polled counts as waiting. A paused widget counts as paused, however old its data is.
    states = {name[1]: number for name, number in found.items() if name[0] == "mixcyfe_widgets"}
    assert states == {"fresh": 1, "stale": 1, "waiting": 1, "paused": 1, "failing": 0}
    assert found["mixcyfe_refreshes", "due"] == 1


def test_data_that_waits_after_an_error_is_not_overdue(make_widget: MakeWidget, numbers: Callable[[], Numbers]) -> None:
    now = timezone.now()
    for event, hours, retry_at in (("Signed up", 3, now + timedelta(hours=1)), ("Logged in", 1, None)):
        widget = make_widget(events=[event])
        at = now - timedelta(hours=hours)
        Snapshot.objects.filter(pk=widget.snapshot_id).update(fetched_at=at, due_at=at, retry_at=retry_at)
    Widget.objects.update(last_polled_at=now)
    assert numbers()["mixcyfe_overdue_seconds", "Acme"] == pytest.approx(3600, abs=60)
    Snapshot.objects.update(retry_at=now + timedelta(hours=1))
    found = numbers()
    assert found["mixcyfe_overdue_seconds", "Acme"] == 0
    assert found["mixcyfe_data_age_seconds", "Acme"] == pytest.approx(3 * 3600, abs=60)


def test_a_projects_name_can_not_add_a_metric(numbers: Callable[[], Numbers]) -> None:
    hostile = 'A"} 1\nmixcyfe_widgets{health="fresh"} 99\n# \\ {é'
    project = new_project()
    Project.objects.filter(pk=project.pk).update(name=hostile)
    found = numbers()
    assert found["mixcyfe_queries_left", hostile] == 60
    assert found["mixcyfe_widgets", "fresh"] == 0


def test_it_gives_no_address_and_no_secret(make_widget: MakeWidget, poll: Any, folder: Path, client: Client) -> None:
    widget = make_widget()
    poll(widget)
    page = client.get("/metrics", headers=BEARER).content.decode()
    kept = "".join(file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())
    for secret in (widget.slug, TOKEN, DEMO_USERNAME, DEMO_SECRET):
        assert secret not in page + kept


def test_it_asks_the_database_at_most_once_in_ten_seconds(
    folder: Path, db: None, client: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(metrics_page, "FRESH_SECONDS", 10)
    first = client.get("/metrics", headers=BEARER)
    with django_assert_num_queries(0):
        second = client.get("/metrics", headers=BEARER)
    assert second.content == first.content


@pytest.fixture
def page(make_widget: MakeWidget, poll: Any, folder: Path, client: Client) -> str:
    """The text of /metrics with all metrics."""
    poll(make_widget())
    return client.get("/metrics", headers=BEARER).content.decode()


@pytest.mark.parametrize(
    "file", ["deploy/grafana-dashboard.json", "deploy/prometheus-alerts.yml", "docs/monitoring.md"]
)
def test_every_metric_in_the_documentation_and_dashboards_exists(page: str, file: str) -> None:
    samples = {sample.name for family in parse(page) for sample in family.samples}
    families = {family.name for family in parse(page)}
    named = set(re.findall(r"\bmixcyfe_\w+", (ROOT / file).read_text()))
    assert named
    assert not named - samples - families
    if file == "docs/monitoring.md":
        assert not families - {name.removesuffix("_total") for name in named}


def test_the_dashboard_queries_the_chosen_prometheus_and_uses_existing_labels(page: str) -> None:
    dashboard = json.loads((ROOT / "deploy/grafana-dashboard.json").read_text())
    variables = {each["name"]: each for each in dashboard["templating"]["list"]}
    assert (variables["datasource"]["type"], variables["datasource"]["query"]) == ("datasource", "prometheus")
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 10
    labels = {name for family in parse(page) for sample in family.samples for name in sample.labels} | {"instance"}
    for panel in panels:
        for part in (panel, *panel["targets"]):
            assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        for target in panel["targets"]:
            named = {word for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for word in group.split(", ")}
            named |= set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert named <= labels, panel["title"]

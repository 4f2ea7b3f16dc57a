"""What most tests need: a stand-in Mixpanel on the wire, a project that asks it, and a way to make widgets."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from fake_mixpanel import published
from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME, FakeMixpanel
from fake_mixpanel.server import Request
from widgets.models import Project, Widget
from widgets.refresh import background

CLUSTER = bool(os.environ.get("CLUSTER"))


def examples(count: int) -> int:
    """How many Hypothesis makes up: an eighth by default, all in `.ci/run`. Every run makes up others."""
    return count if CLUSTER else max(count // 8, 3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` leaves out tests that need PostgreSQL and Redis, start processes, or take long."""
    if CLUSTER:
        return
    items[:] = [item for item in items if not {"cluster", "slow"} & {mark.name for mark in item.iter_markers()}]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not CLUSTER:
        terminalreporter.write_line(
            "Left out: most browser tests, and those that start servers or processes. CLUSTER=1 make test runs them."
        )


UNPUBLISHED: list[str] = []
"""What is wrong with the requests that came to any fake Mixpanel, by Mixpanel's published description."""


def _held_against_the_description(request: Request) -> list[str]:
    problems = list(published.problems(request))
    UNPUBLISHED.extend(problems)
    return problems


FakeMixpanel.problems = staticmethod(_held_against_the_description)


@pytest.fixture(autouse=True)
def no_unpublished_requests() -> Iterator[None]:
    yield
    problems = UNPUBLISHED[:]
    UNPUBLISHED.clear()
    assert not problems, "a request that Mixpanel does not describe"


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test finds what a process that has just begun finds: nothing logged, nothing pruned, no rest to take.

    A slow machine is no slow Mixpanel, after which a process without threads rests.
    """
    cache.clear()
    monkeypatch.setattr(background, "SLOW_SECONDS", 60)
    monkeypatch.setattr(background, "without_threads", background.ForegroundRefresher())


@pytest.fixture(scope="session")
def running_mixpanel() -> Iterator[FakeMixpanel]:
    with FakeMixpanel() as standin:
        yield standin


@pytest.fixture
def mixpanel(running_mixpanel: FakeMixpanel, settings: Any) -> Iterator[FakeMixpanel]:
    """A stand-in Mixpanel as good as new, which every project asks."""
    running_mixpanel.clear_faults()
    running_mixpanel.reset()
    running_mixpanel.latency = 0
    running_mixpanel.hourly_limit = 10_000
    running_mixpanel.concurrent_limit = 5
    running_mixpanel.plan_allows_api = True
    running_mixpanel.accounts = {DEMO_USERNAME: DEMO_SECRET}
    settings.MIXPANEL_API_ROOT = running_mixpanel.url
    yield running_mixpanel
    running_mixpanel.clear_faults()


def new_project(**fields: Any) -> Project:
    values = {
        "name": "Acme",
        "project_id": DEMO_PROJECT_ID,
        "username": DEMO_USERNAME,
    } | fields
    project = Project(**values)
    project.set_secret(DEMO_SECRET)
    project.full_clean()
    project.save()
    return project


@pytest.fixture
def project(db: None, mixpanel: FakeMixpanel) -> Project:
    return new_project()


@pytest.fixture
def make_widget(project: Project) -> Callable[..., Widget]:
    """Makes a valid widget: by default the last 5 days of one event, as a line."""

    def make(**fields: Any) -> Widget:
        values = {
            "project": project,
            "title": f"Widget {Widget.objects.count() + 1}",
            "report": "events",
            "events": ["Signed up"],
            "last": 5,
        } | fields
        widget = Widget(**values)
        widget.full_clean()
        widget.save()
        return widget

    return make


@pytest.fixture
def poll(client: Client) -> Callable[..., Any]:
    """Polls a widget as Cyfe does. Django's client closes answers, so what is done behind one is done then."""

    def get(widget: Widget, format: str = "csv", **headers: str) -> Any:
        return client.get(f"/w/{widget.slug}.{format}", headers=headers)

    return get

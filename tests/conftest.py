"""Fixtures that most tests need: the fake Mixpanel, a project that uses it, and functions for widgets and polls."""

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
    """The number of examples that Hypothesis makes: `count` with CLUSTER=1, else an eighth of it, but at least 3."""
    return count if CLUSTER else max(count // 8, 3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without CLUSTER=1, tests are left out if they need PostgreSQL or Redis, start processes, or take long."""
    if CLUSTER:
        return
    items[:] = [item for item in items if not {"cluster", "slow"} & {mark.name for mark in item.iter_markers()}]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not CLUSTER:
        terminalreporter.write_line(
            "Left out: most browser tests, and tests that start servers or processes. CLUSTER=1 make test runs them."
        )


UNPUBLISHED: list[str] = []
"""All differences between requests to fake Mixpanels and Mixpanel's published API description, in this test."""


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
    assert not problems, "a request does not match Mixpanel's published API description"


@pytest.fixture(autouse=True)
def new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test starts with an empty cache, and without the pause that follows a slow query in one-thread processes."""
    cache.clear()
    monkeypatch.setattr(background, "SLOW_SECONDS", 60)
    monkeypatch.setattr(background, "without_threads", background.ForegroundRefresher())


@pytest.fixture(scope="session")
def running_mixpanel() -> Iterator[FakeMixpanel]:
    with FakeMixpanel() as fake:
        yield fake


@pytest.fixture
def mixpanel(running_mixpanel: FakeMixpanel, settings: Any) -> Iterator[FakeMixpanel]:
    """The fake Mixpanel of all projects, without recorded calls and faults."""
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
    """A function that makes a valid widget: by default, the last 5 days of one event as a line."""

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
    """A function that polls a widget, and does the work that follows the answer."""

    def get(widget: Widget, format: str = "csv", **headers: str) -> Any:
        return client.get(f"/w/{widget.slug}.{format}", headers=headers)

    return get

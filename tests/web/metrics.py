"""Fixtures for tests of /metrics: a host with METRICS_TOKEN and without counts, and a reader like Prometheus."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families as parse

from widgets.counting import polls
from widgets.web import metrics_page

TOKEN = "a-token-for-prometheus-0123456789"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Numbers = dict[tuple[str, ...], float]


@pytest.fixture
def folder(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """The folder for the counts of a host that has METRICS_TOKEN and has counted nothing yet.

    Each request to /metrics computes all numbers again.
    """
    settings.METRICS_TOKEN = TOKEN
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(polls, "begun", None)
    monkeypatch.setattr(metrics_page, "FRESH_SECONDS", 0)
    yield tmp_path
    polls.begun = None


@pytest.fixture
def numbers(folder: Path, db: None, client: Client) -> Callable[[], Numbers]:
    """A function that reads /metrics: sample name and label values (sorted by label name) → number."""

    def read() -> Numbers:
        answer = client.get("/metrics", headers=BEARER)
        assert answer.status_code == 200, answer.content
        families = list(parse(answer.content.decode()))
        return {
            (s.name, *(value for _, value in sorted(s.labels.items()))): s.value
            for family in families
            for s in family.samples
        }

    return read

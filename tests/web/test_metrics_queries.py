"""The counts of queries on /metrics never fall, even if old calls are deleted or the clock is set back."""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from tests.web.metrics import Numbers, folder, numbers
from widgets.models import ApiCall, Project

__all__ = ["folder", "numbers"]


def test_the_queries_never_fall_when_the_ledger_is_pruned(numbers: Callable[[], Numbers], project: Project) -> None:
    now = timezone.now()
    for minutes in (50, 30, 1):
        at = now - timedelta(minutes=minutes)
        ApiCall.objects.create(project=project, started_at=at, ended_at=at + timedelta(seconds=3), outcome="limit")
    ApiCall.objects.create(project=project, started_at=now)  # still runs
    for _ in range(2):
        assert numbers()["mixcyfe_queries_total", "limit", "Acme"] == 3
    ApiCall.objects.filter(started_at__lt=now - timedelta(minutes=20)).delete()
    found = numbers()
    assert found["mixcyfe_queries_total", "limit", "Acme"] == 3
    assert found["mixcyfe_query_seconds_sum",] == 9
    assert [found["mixcyfe_query_seconds_bucket", bound] for bound in ("2.0", "4.0", "+Inf")] == [0, 3, 3]


def test_the_queries_never_fall_when_the_clock_is_set_back(
    numbers: Callable[[], Numbers], folder: Path, project: Project
) -> None:
    at = timezone.now() - timedelta(minutes=30)
    ApiCall.objects.create(project=project, started_at=at, ended_at=at, outcome="ok")
    numbers()
    ApiCall.objects.all().delete()
    for file in folder.rglob("*.*"):
        os.utime(file, (time.time() + 3600,) * 2)
    assert numbers()["mixcyfe_queries_total", "ok", "Acme"] == 1


def test_after_days_without_a_scrape_it_reads_only_the_calls_of_the_last_hour(
    numbers: Callable[[], Numbers], folder: Path, project: Project
) -> None:
    now = timezone.now()
    for minutes in (30, 2 * 24 * 60, 10):
        at = now - timedelta(minutes=minutes)
        ApiCall.objects.create(project=project, started_at=at, ended_at=at + timedelta(seconds=3), outcome="ok")
        if minutes == 30:
            assert numbers()["mixcyfe_queries_total", "ok", "Acme"] == 1
        else:
            # The totals already contain this call.
            ApiCall.objects.filter(started_at=now - timedelta(minutes=30)).delete()
    (kept,) = folder.rglob("calls.json")
    kept.write_text(json.dumps(json.loads(kept.read_text()) | {"until": (now - timedelta(days=3)).isoformat()}))
    assert numbers()["mixcyfe_queries_total", "ok", "Acme"] == 2


def test_the_queries_that_were_shown_do_not_fall_after_days_without_a_scrape(
    numbers: Callable[[], Numbers], folder: Path, project: Project
) -> None:
    now = timezone.now()
    call = ApiCall.objects.create(project=project, started_at=now, ended_at=now, outcome="ok")
    assert numbers()["mixcyfe_queries_total", "ok", "Acme"] == 1
    days = timedelta(days=3)
    ApiCall.objects.filter(pk=call.pk).update(started_at=now - days, ended_at=now - days)
    (kept,) = folder.rglob("calls.json")
    stored = json.loads(kept.read_text())
    until = (datetime.fromisoformat(stored["until"]) - days).isoformat()
    kept.write_text(json.dumps(stored | {"until": until}))
    assert [numbers()["mixcyfe_queries_total", "ok", "Acme"] for _ in range(2)] == [1, 1]

"""Compares refreshes with and without batches: the number of queries, and the age of the data.

`python -m benchmarks.batches` simulates boards of several sizes and prints a table.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django
import time_machine

SIZES = ((20, 1), (72, 0), (200, 10), (1000, 50))
"""For each board: the number of its widgets, and how many of these widgets share no query (such as retention)."""

MEASURED = timedelta(hours=6)
LONGEST_WARM_UP = timedelta(hours=48)
HEAD = (
    "| widgets | queries sent | queries for a board without data | per hour | most in 60 minutes | "
    "age of today's data: median | … oldest | oldest of all data |\n"
    "|---|---|---|---|---|---|---|---|"
)


@contextmanager
def fake_site() -> Iterator[Any]:
    """Makes a database in memory and starts a fake Mixpanel with a limit that no benchmark reaches."""
    django.setup()
    from django.conf import settings
    from django.db import connection

    from fake_mixpanel.fake import FakeMixpanel
    from widgets.refresh import background

    # After a slow refresh, polls stop refreshing for a while. This limit is so high that no refresh counts as slow.
    background.SLOW_SECONDS = 10**9
    logging.disable(logging.CRITICAL)
    connection.creation.create_test_db(verbosity=0)
    with FakeMixpanel(hourly_limit=1_000_000) as mixpanel:
        settings.MIXPANEL_API_ROOT = mixpanel.url
        settings.REFRESH_THREADS = 0  # each poll refreshes stale data after its answer
        yield mixpanel


def clear(mixpanel: Any) -> None:
    from widgets.models import ApiCall, Project, Snapshot, Widget

    for model in (ApiCall, Widget, Snapshot, Project):
        model.objects.all().delete()
    mixpanel.reset()


def share_nothing(mixpanel: Any, size: int) -> str:
    """Measures a day of `size` widgets that show today's numbers and share no query. All have data from the start."""
    from tests.conftest import new_project
    from tests.refresh import boards

    clear(mixpanel)
    measured = {"report": "retention", "born_event": "Signed up", "events": ["Logged in"], "chart": "cohort"}
    with time_machine.travel(boards.NOON, tick=False) as clock:
        project = new_project()
        widgets = [
            boards.widget(project, title=f"{i}", **measured, include_today=True, last=1 + i // 20, intervals=2 + i % 20)
            for i in range(size)
        ]
        tick, day = timedelta(minutes=10), timedelta(hours=24)
        boards.days_of_polls(clock, mixpanel, widgets, day, every=tick)
        found = boards.days_of_polls(clock, mixpanel, widgets, day, every=tick)
    return (
        f"\n{size} widgets that share no query: {found.queries:,} queries in 24 hours, at most {found.busiest} in any "
        f"60 minutes; age of data: median {minutes(median(found.ages))}, oldest {minutes(max(found.ages))}."
    )


def measure(mixpanel: Any, size: int, alone: int, *, batched: bool) -> str:
    from tests.conftest import new_project
    from tests.refresh import boards
    from tests.refresh.test_freshness import cyfe_polls
    from widgets.models import Snapshot

    clear(mixpanel)
    tick = timedelta(minutes=5 if size < 1000 else 10)
    with time_machine.travel(boards.NOON, tick=False) as clock:
        widgets = boards.board(new_project(), size, alone=alone)
        if not batched:
            Snapshot.objects.update(sharing="never")
        for widget in widgets:
            cyfe_polls(widget)
        waited = timedelta(0)
        while Snapshot.objects.filter(fetched_at=None, failures=0).exists() and waited < LONGEST_WARM_UP:
            boards.days_of_polls(clock, mixpanel, widgets, tick, every=tick)
            waited += tick
        cold = len(mixpanel.calls)
        found = boards.days_of_polls(clock, mixpanel, widgets, MEASURED, every=tick)
    took = f" (in {waited.total_seconds() / 3600:.0f} h)" if waited >= timedelta(hours=1) else ""
    hours = MEASURED.total_seconds() / 3600
    return (
        f"| {size:,} | {'batched' if batched else 'one by one'} | {cold:,}{took} | {found.queries / hours:.0f} | "
        f"{found.busiest} | {minutes(median(found.todays))} | {minutes(max(found.todays))} | "
        f"{minutes(max(found.ages))} |"
    )


def minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min"


def main() -> None:
    print(HEAD)
    with fake_site() as mixpanel:
        for size, alone in SIZES:
            for batched in (False, True):
                print(measure(mixpanel, size, alone, batched=batched), flush=True)
        print(share_nothing(mixpanel, 500))


if __name__ == "__main__":
    main()

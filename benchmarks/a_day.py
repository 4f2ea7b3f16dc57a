"""Simulates a day of three projects, and calculates the costs of 10,000 projects of each size.

`python -m benchmarks.a_day` prints a table. The costs of one project are multiplied by 10,000, because projects share
only the database. MixCyfe's scheduler and limits run as on a real site, but Mixpanel is fake.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

import time_machine

from benchmarks.batches import clear, fake_site, minutes

PROJECTS = 10_000
SIZES = ((20, 1), (100, 5), (300, 15))
"""For each simulated project: the number of its widgets, and how many of these widgets share no query."""

EVERY = timedelta(minutes=5)
DAY = timedelta(hours=24)


@dataclass
class Cost:
    """The number of refreshes, their CPU time, and the number of their SQL statements.

    The CPU time excludes the work of the fake Mixpanel.
    """

    refreshes: int = 0
    seconds: float = 0
    statements: int = 0


@contextmanager
def counting() -> Iterator[Cost]:
    from django.db import connection

    from widgets.refresh import background

    cost, refresh = Cost(), background.refresh

    def count(execute: Any, *arguments: Any) -> Any:
        cost.statements += 1
        return execute(*arguments)

    def counted(*arguments: Any, **named: Any) -> Any:
        began = time.thread_time()
        with connection.execute_wrapper(count):
            outcome = refresh(*arguments, **named)
        cost.refreshes += 1
        cost.seconds += time.thread_time() - began
        return outcome

    background.refresh = counted
    try:
        yield cost
    finally:
        background.refresh = refresh


def simulate(mixpanel: Any, size: int, alone: int) -> None:
    from tests.conftest import new_project
    from tests.refresh import boards
    from widgets.models import ApiCall, Snapshot

    clear(mixpanel)
    with time_machine.travel(boards.NOON, tick=False) as clock:
        widgets = boards.board(new_project(), size, alone=alone)
        boards.days_of_polls(clock, mixpanel, widgets, timedelta(hours=2), every=EVERY)
        calls = ApiCall.objects.count()
        with counting() as cost:
            found = boards.days_of_polls(clock, mixpanel, widgets, DAY, every=EVERY)
        calls = ApiCall.objects.count() - calls
    hours, seconds = DAY.total_seconds() / 3600, DAY.total_seconds()
    per_second = found.queries * PROJECTS / seconds
    print(
        f"| {size:,} | {found.queries / hours:.0f} | {found.busiest} | {minutes(median(found.todays))} | "
        f"{minutes(max(found.todays))} | {minutes(max(found.ages))} | {Snapshot.objects.count():,} | {calls:,} | "
        f"{1000 * cost.seconds / cost.refreshes:.0f} ms, {cost.statements / cost.refreshes:.0f} statements | "
        f"{size * PROJECTS:,} | {size * PROJECTS / EVERY.total_seconds():,.0f} | {per_second:,.0f} | "
        f"{per_second * cost.seconds / cost.refreshes:.1f} | {per_second * cost.statements / cost.refreshes:,.0f} |",
        flush=True,
    )


HEAD = (
    "| widgets | queries per hour | most in 60 minutes | age of today's data: median | … oldest | oldest of all data | "
    f"snapshots | calls in the ledger | refresh | × {PROJECTS:,}: widgets | polls per second | queries per second | "
    "cores for refreshes | statements per second |\n" + "|---" * 14 + "|"
)


def main() -> None:
    print(HEAD)
    with fake_site() as mixpanel:
        for size, alone in SIZES:
            simulate(mixpanel, size, alone)


if __name__ == "__main__":
    main()

"""Batches of a project's snapshots: which snapshots one call to Mixpanel refreshes, and how many calls all need.

`widgets.reports.batch` knows which queries may share a call. This module adds what only the database knows: which
snapshots are stale, and which queries Mixpanel refused, or could not answer in time, together with others.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from widgets.models import Project, Snapshot, Widget
from widgets.models.snapshot import Sharing
from widgets.reports import REPORT_TYPES, Query
from widgets.reports.batch import Batch
from widgets.reports.freshness import POLLED_WITHIN, base_interval, demand, is_stale

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Key = tuple[Any, ...] | None

MOST_PARTS = 100
"""The maximum number of snapshots per call. One transaction stores all of them, and other writers wait meanwhile."""

OPEN_BATCHES = 3
"""`pack` looks for room in the last batches of a kind, at most this many: a search in all would take too long."""


@dataclass(slots=True)
class Item:
    """A snapshot that an active widget shows.

    `wants_every`: the shortest interval of its widgets in seconds, without the interval factor. `is_over`: its range is
    over, and none of its widgets has an interval of its own. `is_free`: it may be refreshed now, stale or not.
    """

    pk: int
    query: Query
    fetched_at: datetime | None
    due_at: datetime
    interval: timedelta
    wants_every: float
    is_over: bool
    is_polled: bool
    is_free: bool
    sharing: str
    batch_limit: int | None

    def is_due_soon(self, now: datetime) -> bool:
        """Whether at least half of its interval has passed. So snapshots of one batch become due together."""
        half = self.interval / 2
        return self.due_at - half <= now and (self.fetched_at is None or self.fetched_at + half <= now)


@dataclass(slots=True)
class Packed:
    """Items that one call can refresh. `batch` is None for an item that is asked alone."""

    batch: Batch | None
    key: Key = None
    items: list[Item] = field(default_factory=list)
    most: int = MOST_PARTS

    def add(self, item: Item) -> bool:
        most = min(self.most, item.batch_limit or MOST_PARTS)
        if self.items and (self.batch is None or len(self.items) >= most):
            return False
        if self.batch is not None and not self.batch.add(item.query):
            return False
        self.most = most
        self.items.append(item)
        return True


def items_of(project: Project, now: datetime) -> list[Item]:
    """The snapshots of the project's active widgets, the most overdue first."""
    shown: dict[int, list[tuple[float | None, bool]]] = {}
    widgets = Widget.objects.filter(project=project, active=True, snapshot__isnull=False)
    for pk, minutes, polled_at in widgets.values_list("snapshot_id", "refresh_minutes", "last_polled_at"):
        shown.setdefault(pk, []).append((minutes, polled_at is not None and polled_at > now - POLLED_WITHIN))
    rows = project.snapshots.defer("report_json", "error") if shown else Snapshot.objects.none()
    items = [item_of(row, shown[row.pk], project, now) for row in rows if row.pk in shown]
    return sorted(items, key=lambda item: (item.due_at, item.pk))


def item_of(row: Snapshot, shown: list[tuple[float | None, bool]], project: Project, now: datetime) -> Item:
    polled = [minutes for minutes, is_polled in shown if is_polled]
    minutes = polled or [minutes for minutes, _ in shown]
    over = row.rolls_at is not None
    return Item(
        row.pk,
        row.query,
        row.fetched_at,
        row.due_at or LONG_AGO,
        timedelta(seconds=row.interval_seconds) if row.due_at else timedelta(0),
        min(base_interval(each, project.refresh_minutes, over=over) for each in minutes),
        over and all(each is None for each in minutes),
        bool(polled),
        not any(until is not None and until > now for until in (row.lease_until, row.retry_at)),
        row.sharing,
        row.batch_limit,
    )


def kind_of(item: Item) -> tuple[type[Batch] | None, Key]:
    """The kind and key of the batches that may hold the item; None, None for an item that is asked alone."""
    report_type = REPORT_TYPES[item.query["report"]]
    key = report_type.batch_key(item.query) if item.sharing == Sharing.MAY else None
    return (report_type.batch(item.query) if key else None), key


def pack(items: Iterable[Item], today: date) -> list[Packed]:
    """Packs the items into calls, in the order of the items."""
    found: list[Packed] = []
    open_batches: dict[Key, list[Packed]] = {}
    for item in items:
        kind, key = kind_of(item)
        tried = open_batches.setdefault(key, [])[-OPEN_BATCHES:] if kind else []
        if any(packed.add(item) for packed in tried):
            continue
        packed = Packed(kind(today) if kind else None, key)
        packed.add(item)
        if kind:
            open_batches[key].append(packed)
        found.append(packed)
    return found


def batch_for(leader: Snapshot, items: list[Item], now: datetime, today: date, also: Collection[int]) -> list[Item]:
    """The other items that the call for `leader` refreshes, too: stale ones, and then those that are due soon.

    `also`: the ids of snapshots that are refreshed even if they are fresh.
    """
    first = next((item for item in items if item.pk == leader.pk), None)
    if first is None:
        return []  # no active widget shows `leader`: a preview, for example, is asked alone
    kind, key = kind_of(first)
    if kind is None:
        return []
    packed = Packed(kind(today))
    packed.add(first)
    free = [item for item in items if item.is_free and item is not first and kind_of(item) == (kind, key)]
    for item in sorted(free, key=lambda item: not is_stale(item.due_at, now)):
        if item.pk in also or item.is_due_soon(now):
            packed.add(item)
    return packed.items[1:]


def calls_per_hour(items: Iterable[Item], today: date) -> float:
    """The number of calls per hour that refresh all items as often as their widgets ask, if items share calls."""
    # Refreshes don't change this order. In another order the number could differ from refresh to refresh, and each new
    # number changes the due times of all the project's snapshots.
    packed = pack(sorted(items, key=lambda item: (item.wants_every, item.pk)), today)
    return demand(
        (min(item.wants_every for item in each.items), all(item.is_over for item in each.items)) for each in packed
    )

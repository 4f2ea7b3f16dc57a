"""Groups a project's snapshots into batches (one call to Mixpanel refreshes one batch), and counts the calls per hour.

`widgets.reports.batch` decides which queries can share a call. This module adds facts from the database: which
snapshots are stale, and which must be queried alone or in smaller batches after an error.
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
"""The maximum number of snapshots per call. One transaction stores them all, and delays other writers."""

OPEN_BATCHES = 3
"""`pack` tries only this many of the newest batches for each item, because trying all batches takes too long."""


@dataclass(slots=True)
class Item:
    """A snapshot that at least one active widget shows.

    - `is_polled`: at least one of its widgets was polled within POLLED_WITHIN. If so, `wants_every` and `is_over`
      consider only the polled widgets.
    - `wants_every`: the shortest refresh interval of the widgets in seconds, without the project's interval factor.
    - `is_over`: the date range ended before today, and no widget has a refresh interval of its own.
    - `is_free`: no refresh of the snapshot is running, and the snapshot does not wait after an error.
    - `batch_limit`: the maximum number of snapshots in a call that includes this snapshot, or None.
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
        """Whether half of the interval has passed. The item then joins the call for a stale item of its batch, so that
        all items of the batch become stale together."""
        half = self.interval / 2
        return self.due_at - half <= now and (self.fetched_at is None or self.fetched_at + half <= now)


@dataclass(slots=True)
class Packed:
    """The items that one call refreshes, at most `most`. `batch`: None if the call can refresh only one item."""

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
    """Returns one item per snapshot that the project's active widgets show, the most overdue first."""
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
    """Returns the class and the key of the item's batch. The class is None if the item needs a call of its own.

    Items share a call only if their keys are equal.
    """
    report_type = REPORT_TYPES[item.query["report"]]
    key = report_type.batch_key(item.query) if item.sharing == Sharing.MAY else None
    return (report_type.batch(item.query) if key else None), key


def pack(items: Iterable[Item], today: date) -> list[Packed]:
    """Distributes the items over few calls, in the order of the items."""
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
    """Returns the other items that fit into the call for `leader`: stale items first, then items that are due soon.

    `also`: the ids of snapshots that may join even if they are fresh.
    """
    first = next((item for item in items if item.pk == leader.pk), None)
    if first is None:
        return []  # no active widget shows `leader`, which might be the snapshot of a preview
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
    """Returns the number of calls per hour that refresh all items as often as their widgets' intervals require."""
    # The result decides when all snapshots of the project are due, so it must not change after each refresh. Therefore
    # the items are sorted by fields that a refresh does not change.
    packed = pack(sorted(items, key=lambda item: (item.wants_every, item.pk)), today)
    return demand(
        (min(item.wants_every for item in each.items), all(item.is_over for item in each.items)) for each in packed
    )

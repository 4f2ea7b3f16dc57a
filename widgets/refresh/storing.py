"""Stores the result of a call: the reports of its snapshots, or the error and the time of the next try.

One bad query must not delay the others. So after Mixpanel refused a shared call, each of its queries is sent alone
once. After a shared call took too long, or its answer was too large, the next batches are half as large.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, QuerySet

from widgets.mixpanel.error_kind import ErrorKind
from widgets.models import Project, Snapshot
from widgets.models.snapshot import Sharing
from widgets.refresh import backoff
from widgets.refresh.gateway import Failure
from widgets.report import Report
from widgets.reports import ReadError
from widgets.reports.batch import Inexact
from widgets.reports.freshness import for_polls, rolls_at

STATE = (
    "retry_at",
    "failing_since",
    "failures",
    "error_kind",
    "error",
    "sharing",
    "batch_limit",
    "lease_token",
    "lease_until",
    "queued_at",
)
"""The columns that every refresh writes, also a refresh that failed."""

SMALLER_MIGHT_WORK = (200, 400, 408, 504)
"""HTTP statuses of temporary errors that a smaller query might avoid: a timeout, a large or incomplete answer."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one call: snapshot id → the report, or the error that came up while reading the answer.

    `today`: the date of the call in the project's time zone.
    """

    today: date
    found: dict[int, Report | ReadError]


def store_answers(
    held: QuerySet[Snapshot], answers: Answers, pks: Sequence[int], project: Project, now: datetime
) -> list[int]:
    """Stores the reports. Snapshots whose answers can't be read get calls of their own.

    Returns the ids of the snapshots that received a report.

    `held`: the snapshots that this call still leases. `pks`: the ids of all snapshots in the call, first the id of the
    snapshot for which the call was made.
    """
    stored, unread = [], []
    for pk in sorted(pks):  # one at a time, because reports can be large
        snapshot, found = held.filter(pk=pk).first(), answers.found.get(pk)
        if snapshot is None:
            continue
        if isinstance(found, Report):
            store(snapshot, found, now, rolls_at(snapshot.query, answers.today, project.zone), is_alone=len(pks) == 1)
            stored.append(pk)
        elif found is None or isinstance(found, Inexact):
            snapshot.sharing = Sharing.NEVER if found else snapshot.sharing
            end_lease(snapshot)
        else:
            unread.append(snapshot)
    ask_apart(unread, len(pks), pks[0], project, now)
    return stored


def store(snapshot: Snapshot, report: Report, now: datetime, rolls: datetime | None, *, is_alone: bool) -> None:
    """Stores the report. If the data changed, raises the snapshot's version, which makes stored renderings out of date.

    `rolls`: see `Snapshot.rolls_at`. `is_alone`: the call had no other snapshots.
    """
    written = report.to_json()
    if snapshot.report_json != written:
        snapshot.report_json = written
        snapshot.version = F("version") + 1
    snapshot.fetched_at = now
    snapshot.rolls_at = rolls
    if is_alone and (snapshot.sharing == Sharing.ONCE or snapshot.error_kind == ErrorKind.QUERY):
        snapshot.sharing = Sharing.MAY
    snapshot.retry_at = snapshot.failing_since = None
    snapshot.error = snapshot.error_kind = ""
    snapshot.failures = 0
    if snapshot.batch_limit is not None and not is_alone:
        snapshot.batch_limit += 1  # so that batches grow again when Mixpanel is fast again
    end_lease(snapshot, "report_json", "version", "fetched_at", "rolls_at")


def store_failure(snapshots: Sequence[Snapshot], failure: Failure, asked: int, project: Project, now: datetime) -> None:
    """Stores the error and the time of the next try, and keeps the last good data. `asked`: see `ask_apart`."""
    if asked == 1 and failure.kind == ErrorKind.QUERY and any(each.sharing == Sharing.ONCE for each in snapshots):
        # Mixpanel refused the shared call because of this wrong query, and not because of the call's size.
        project.snapshots.filter(batch_limit__isnull=False).update(batch_limit=None)
    # All snapshots get the same wait, so that they share the next call, too.
    failures = 1 + max((snapshot.failures for snapshot in snapshots), default=0)
    wait = backoff.retry_after(failure.kind, failures, failure.retry_after)
    for snapshot in snapshots:
        snapshot.failures = failures
        snapshot.retry_at = now + wait if wait else None
        snapshot.failing_since = snapshot.failing_since or now
        snapshot.error_kind, snapshot.error = failure.kind, failure.message
        if asked == 1 and failure.kind == ErrorKind.QUERY:
            snapshot.sharing, snapshot.batch_limit = Sharing.NEVER, None
        if asked > 1 and smaller_might_work(failure):
            snapshot.batch_limit = (asked + 1) // 2
        end_lease(snapshot)


def ask_apart(snapshots: Iterable[Snapshot], asked: int, first: int, project: Project, now: datetime) -> None:
    """Gives each snapshot one call of its own, because one of their queries might have made their shared call fail.

    The snapshot with the id `first` gets its call at once. Snapshots without data come next: up to half of the hour's
    calls can start for them at once. All other calls start one after the other, as often as the hourly limit allows.
    Later batches are half as large, because the shared call might have been too large for Mixpanel. If Mixpanel refuses
    one of the queries alone, too, the size was not the cause, and `store_failure` allows large batches again. `asked`:
    the number of snapshots in the shared call.
    """
    calls = for_polls(project.effective_hourly)
    in_order = sorted(snapshots, key=lambda each: (each.pk != first, each.fetched_at is not None))
    for place, snapshot in enumerate(in_order):
        later = place if snapshot.fetched_at else max(0, place - calls // 2)
        snapshot.sharing, snapshot.batch_limit = Sharing.ONCE, (asked + 1) // 2
        snapshot.retry_at = now + later * HOUR / calls
        end_lease(snapshot)


def one_part_might_be_wrong(failure: Failure, asked: int) -> bool:
    """True if the call had several queries, and one of them might have caused the failure. `asked`: their number."""
    return asked > 1 and failure.kind in (ErrorKind.QUERY, ErrorKind.UNREADABLE)


def smaller_might_work(failure: Failure) -> bool:
    return failure.kind == ErrorKind.UNAVAILABLE and (failure.gave_up or failure.status in SMALLER_MIGHT_WORK)


def end_lease(snapshot: Snapshot, *changed: str) -> None:
    """Ends the snapshot's lease. Saves the columns in STATE and `changed`."""
    snapshot.lease_token = ""
    snapshot.lease_until = snapshot.queued_at = None
    snapshot.save(update_fields=[*STATE, *changed])

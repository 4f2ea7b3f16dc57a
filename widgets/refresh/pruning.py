"""Deletes what nobody needs any more: old rows of the ledger, queries without a widget, forgotten lists.

`prune` is for the command `clean_up`; `now_and_then` does the same without a timer, behind some call to Mixpanel.
"""

import logging
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q

from widgets.models import ApiCall, HostClock, OptionCache, Project, Snapshot, Widget

logger = logging.getLogger(__name__)

LEDGER_KEEPS = timedelta(days=7)
UNUSED_KEEPS = timedelta(days=1)
LISTS_KEEP = timedelta(days=7)
EVERY = timedelta(hours=1)

pruned_at: datetime | None = None


def now_and_then(now: datetime) -> None:
    """Prunes once an hour per process, or fails to: the call to Mixpanel before it was good.

    Call it outside of any transaction.
    """
    global pruned_at  # noqa: PLW0603 - what this process has done
    if pruned_at is not None and abs(now - pruned_at) < EVERY:
        return
    pruned_at = now
    try:
        prune(now)
    except DatabaseError:
        logger.exception("what nobody needs could not be deleted")


def prune(now: datetime) -> dict[str, int]:
    """How many of what were deleted. `now` by the database's clock (`clock.database_now`)."""
    return {
        "calls to Mixpanel": prune_calls(now),
        "unused queries": prune_snapshots(now),
        "unused lists": prune_lists(now),
        "notes on clocks": HostClock.objects.filter(noticed_at__lt=now - UNUSED_KEEPS).delete()[0],
    }


def prune_calls(now: datetime) -> int:
    """By project, because that is how the ledger is indexed."""
    old = now - LEDGER_KEEPS
    projects = Project.objects.values_list("pk", flat=True)
    return sum(ApiCall.objects.filter(project=pk, started_at__lt=old).delete()[0] for pk in projects)


def prune_snapshots(now: datetime) -> int:
    """Those without a widget, that nobody looked up for a day and nobody refreshes.

    Locked first: whoever looks one up meanwhile touches it (`Snapshot.objects.of`), before or after, never between.
    """
    used = Exists(Widget.objects.filter(snapshot=OuterRef("pk")))
    unused = Snapshot.objects.filter(~used, touched_at__lt=now - UNUSED_KEEPS).exclude(lease_until__gt=now)
    with transaction.atomic():
        pks = list(unused.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Snapshot.objects.filter(pk__in=pks).delete()
    return len(pks)


def prune_lists(now: datetime) -> int:
    """Those that nobody wanted for long, and nobody fetches."""
    old = now - LISTS_KEEP
    free = Q(loading_until=None) | Q(loading_until__lte=now)
    unwanted = Q(fetched_at__lt=old) | Q(fetched_at=None, created_at__lt=old)
    return OptionCache.objects.filter(free, unwanted).delete()[0]

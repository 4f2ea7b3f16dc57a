"""Deletes old and unused rows of the database.

The command `clean_up` calls `prune`. If nobody runs this command, `prune_hourly` still deletes these rows after calls
to Mixpanel.
"""

import logging
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q

from widgets.models import (
    ApiCall,
    DeletedWidget,
    HostClock,
    Notice,
    NoticeMessage,
    OptionCache,
    Project,
    Snapshot,
    Widget,
)
from widgets.models.deleted_widget import KEPT_FOR

logger = logging.getLogger(__name__)

CALLS_KEPT_FOR = timedelta(days=7)
UNUSED_KEPT_FOR = timedelta(days=1)
LISTS_KEPT_FOR = timedelta(days=7)
PRUNE_EVERY_SECONDS = 3600


def prune_hourly(now: datetime) -> None:
    """Prunes at most once per hour and process. Logs database errors. Call this function outside of transactions."""
    if not cache.add("pruned", True, PRUNE_EVERY_SECONDS):
        return
    try:
        prune(now)
    except DatabaseError:
        logger.exception("unused rows could not be deleted")


def prune(now: datetime) -> dict[str, int]:
    """Returns a dict: the kind of rows → the number of deleted rows. `now`: the database's time."""
    return {
        "calls to Mixpanel": prune_calls(now),
        "deleted widgets": DeletedWidget.objects.filter(deleted_at__lt=now - KEPT_FOR).delete()[0],
        "unused queries": prune_snapshots(now),
        "unused lists": prune_lists(now),
        "old notices": prune_notices(now),
        "clock warnings": HostClock.objects.filter(noticed_at__lt=now - UNUSED_KEPT_FOR).delete()[0],
    }


def prune_calls(now: datetime) -> int:
    """Deletes old calls with one statement per project, because the table's index begins with the project."""
    old = now - CALLS_KEPT_FOR
    projects = Project.objects.values_list("pk", flat=True)
    return sum(ApiCall.objects.filter(project=pk, started_at__lt=old).delete()[0] for pk in projects)


def prune_snapshots(now: datetime) -> int:
    """Deletes snapshots that no widget has, that nobody has looked up for a day, and that no refresh has leased.

    Locks the rows first, because another thread might look up a snapshot at the same time.
    """
    used = Exists(Widget.objects.filter(snapshot=OuterRef("pk")))
    unused = Snapshot.objects.filter(~used, touched_at__lt=now - UNUSED_KEPT_FOR).exclude(lease_until__gt=now)
    with transaction.atomic():
        pks = list(unused.select_for_update(skip_locked=True).values_list("pk", flat=True))
        Snapshot.objects.filter(pk__in=pks).delete()
    return len(pks)


def prune_notices(now: datetime) -> int:
    old = now - KEPT_FOR
    messages, _ = NoticeMessage.objects.filter(created_at__lt=old).delete()
    notices, _ = Notice.objects.filter(ended_at__lt=old).delete()
    return messages + notices


def prune_lists(now: datetime) -> int:
    """Deletes old option caches (lists for forms), unless a thread is fetching them now."""
    old = now - LISTS_KEPT_FOR
    free = Q(loading_until=None) | Q(loading_until__lte=now)
    unwanted = Q(fetched_at__lt=old) | Q(fetched_at=None, created_at__lt=old)
    return OptionCache.objects.filter(free, unwanted).delete()[0]

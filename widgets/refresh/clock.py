"""The database's clock. All processes and hosts use it for leases and for the hourly limit.

Every reading is compared with this host's clock. A difference is logged and stored for the admin.
"""

import logging
import socket
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from widgets.models import HostClock

logger = logging.getLogger(__name__)

TOLERANCE = timedelta(seconds=5)
WARN_EVERY_SECONDS = 300
WARNED_FOR = timedelta(seconds=3 * WARN_EVERY_SECONDS)
"""The admin shows the warning about a host for this long after the host last logged it."""


def database_now() -> datetime:
    """The current time of the database. SQLite runs inside this process and has the host's clock."""
    if connection.vendor != "postgresql":
        return timezone.now()
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    compare(before, now, timezone.now())
    return now


def compare(before: datetime, now: datetime, after: datetime) -> None:
    """Warns when the database's `now` is not between two readings of this host's clock, give or take TOLERANCE."""
    ahead = max(before - now, timedelta(0)) or min(after - now, timedelta(0))
    if abs(ahead) <= TOLERANCE or not cache.add("clock-warning", True, WARN_EVERY_SECONDS):
        return
    host, seconds = socket.gethostname()[:255], ahead.total_seconds()
    logger.warning("this host's clock is %s the database's: set it right, with NTP for example", difference(seconds))
    # After the transaction, so that the caller's locks don't last longer.
    transaction.on_commit(
        lambda: HostClock.objects.update_or_create(host=host, defaults={"ahead": seconds, "noticed_at": now}),
        robust=True,
    )


def difference(ahead: float) -> str:
    return f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'}"


def clock_warnings() -> list[str]:
    """One sentence per host whose clock was wrong within WARNED_FOR."""
    now = database_now()
    hosts = HostClock.objects.filter(noticed_at__gt=now - WARNED_FOR).order_by("host")
    return [
        f"The clock of host {each.host} is {difference(each.ahead)} the database's. Set it right, with NTP for "
        "example: this host shows wrong ages of data."
        for each in hosts
    ]

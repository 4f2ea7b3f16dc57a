"""Reads the database's clock, which all processes and hosts use for leases and for the hourly limit.

With PostgreSQL, a wrong clock of this host is logged, and stored for the admin.
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
"""After a host has logged a warning about its clock, the admin shows the warning for this long."""


def database_now() -> datetime:
    """Returns the database's time. SQLite runs inside this process, so its time is the time of this host."""
    if connection.vendor != "postgresql":
        return timezone.now()
    now, ahead = measure()
    warn(now, ahead)
    return now


def measure() -> tuple[datetime, timedelta]:
    """PostgreSQL's time, and how far this host's clock is ahead of it; negative if the host's clock is behind."""
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now, max(before - now, timedelta(0)) or min(timezone.now() - now, timedelta(0))


def warn(now: datetime, ahead: timedelta) -> None:
    """Logs and stores a warning if this host's clock differs from the database's clock by more than TOLERANCE.

    A process warns at most once per WARN_EVERY_SECONDS.
    """
    if abs(ahead) <= TOLERANCE or not cache.add("clock-warning", True, WARN_EVERY_SECONDS):
        return
    host, seconds = socket.gethostname()[:255], ahead.total_seconds()
    logger.warning("the clock of this host is %s the database's clock: correct it (e.g. with NTP)", difference(seconds))
    # A write inside the transaction would prolong the caller's locks.
    transaction.on_commit(
        lambda: HostClock.objects.update_or_create(host=host, defaults={"ahead": seconds, "noticed_at": now}),
        robust=True,
    )


def difference(ahead: float) -> str:
    return f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'}"


def clock_warnings() -> list[str]:
    """Returns a text per host whose clock was wrong within WARNED_FOR."""
    now = database_now()
    hosts = HostClock.objects.filter(noticed_at__gt=now - WARNED_FOR).order_by("host")
    return [
        f"The clock of host {each.host} is {difference(each.ahead)} the database's clock. Correct the clock, for "
        "example with NTP. Until then, pages from this host show a wrong age of the data."
        for each in hosts
    ]

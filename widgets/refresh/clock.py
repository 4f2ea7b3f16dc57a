"""The database's clock, by which all processes and hosts agree on leases and on the rolling hour.

Every reading of it is compared with this host's own clock, and a difference is told.
"""

import logging
import socket
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from widgets.models import HostClock
from widgets.refresh.log_rate import once_per

logger = logging.getLogger(__name__)

MOST_OFF = timedelta(seconds=5)
TOLD_EVERY = 300
"""Seconds."""

KNOWN_FOR = timedelta(seconds=3 * TOLD_EVERY)
"""How long the admin tells of a host that says nothing more, because its clock is right or it is gone."""


def database_now() -> datetime:
    """Now, as the database reckons it. SQLite runs inside this process and has this host's clock."""
    if connection.vendor != "postgresql":
        return timezone.now()
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    compare(before, now, timezone.now())
    return now


def compare(before: datetime, now: datetime, after: datetime) -> None:
    """Tells when `now`, the database's, does not lie between two readings of this host's clock, about."""
    ahead = max(before - now, timedelta(0)) or min(after - now, timedelta(0))
    if abs(ahead) <= MOST_OFF or not once_per(TOLD_EVERY, "clock"):
        return
    host, seconds = socket.gethostname()[:255], ahead.total_seconds()
    logger.warning("this host's clock is %s the database's: set it right, with NTP for example", difference(seconds))
    # Not before a transaction's end: whoever takes a lease holds no other rows for long.
    transaction.on_commit(
        lambda: HostClock.objects.update_or_create(host=host, defaults={"ahead": seconds, "noticed_at": now}),
        robust=True,
    )


def difference(ahead: float) -> str:
    return f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'}"


def hosts_that_are_off() -> list[str]:
    """A sentence for each host whose clock was wrong in the last minutes."""
    now = database_now()
    hosts = HostClock.objects.filter(noticed_at__gt=now - KNOWN_FOR).order_by("host")
    return [
        f"The clock of host {each.host} is {difference(each.ahead)} the database's. Set it right, with NTP for "
        "example: the host reckons the age of data wrongly."
        for each in hosts
    ]

"""Compares this host's clock with the database's and Mixpanel's clocks, and checks this host's time zones."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.db import connection

from widgets.management.doctor.finding import PATIENCE, Finding, count, fix, ok
from widgets.mixpanel.client import reason
from widgets.mixpanel.regions import api_root
from widgets.mixpanel.wire import SESSION, exchange
from widgets.models import HostClock, Project
from widgets.refresh.clock import TOLERANCE, WARNED_FOR, difference, measure

MIXPANEL_TOLERANCE = 15
"""In seconds. More than TOLERANCE, because the header `Date` has whole seconds, and a proxy can set this header."""


def our_clock() -> Iterator[Finding]:
    if connection.vendor != "postgresql":
        return
    now, ahead = measure()
    if abs(ahead) > TOLERANCE:
        how = difference(ahead.total_seconds())
        yield fix("clock", f"this host's clock is {how} the database's: correct this host's clock (with NTP).")
    else:
        yield ok("clock", "the clocks of this host and the database agree.")
    for each in HostClock.objects.filter(noticed_at__gt=now - WARNED_FOR).order_by("host"):
        yield fix(
            "clock",
            f"the clock of host {each.host} was {difference(each.ahead)} the database's: correct that host's clock.",
        )


def mixpanel_clock() -> Iterator[Finding]:
    """Sends one HEAD request without credentials to each Mixpanel server that a project uses. This is not a query."""
    regions = Project.objects.order_by("region").values_list("region", flat=True).distinct()
    with exchange(PATIENCE):
        for root in sorted({api_root(region, settings.MIXPANEL_API_ROOT) for region in regions}):
            yield of_one_root(root)


def of_one_root(root: str) -> Finding:
    host = urlsplit(root).netloc
    try:
        with SESSION.request("HEAD", f"{root}/", timeout=PATIENCE, allow_redirects=False, stream=True) as response:
            date = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return fix(
            "Mixpanel",
            f"{host} answers without a valid date, so {host} might not be Mixpanel: check MIXPANEL_API_ROOT.",
        )
    except Exception as error:  # noqa: BLE001 - sockets, TLS, urllib3
        return fix(
            "Mixpanel",
            f"{host} can't be reached ({reason(error)}): allow this host to connect to port "
            f"{urlsplit(root).port or (443 if root.startswith('https:') else 80)} of {host}.",
        )
    ahead = time.time() - date.timestamp()
    if abs(ahead) > MIXPANEL_TOLERANCE:
        return fix(
            "Mixpanel",
            f"this host's clock is {difference(ahead)} the clock of {host}: correct this host's clock (with NTP).",
        )
    return ok("Mixpanel", f"{host} answers, and its clock agrees with this host's.")


def time_zones() -> Iterator[Finding]:
    if not available_timezones():
        yield fix("time zones", "this machine knows no time zones: install the package tzdata.")
        return
    unknown = 0
    for name in Project.objects.order_by("timezone").values_list("timezone", flat=True).distinct():
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            unknown += 1
            yield fix(
                "time zones",
                f"this machine does not know {name}, a project's time zone: reinstall tzdata, or correct the project.",
            )
    if not unknown:
        yield ok(
            "time zones",
            f"this machine knows {count(len(available_timezones()), 'zone')}, among them the zones of all projects.",
        )

"""Records each failed login as a row of django-axes' AccessFailureLog, for superusers, and as a line in the log.

Attempts during a lockout are not recorded, so that a stranger can't fill the disk. A record never holds a password.
"""

import json
import logging
from datetime import timedelta
from typing import Any

from axes.models import AccessFailureLog

from widgets.accounts.client import client_address, harmless, program

logger = logging.getLogger("widgets.sign_in")
"""The filters of fail2ban look for this name: docs/deploying.md."""

KEEPS = timedelta(days=90)
ROWS_OF_ADDRESS = 100
ROWS = 10_000


def record(request: Any, name: str, what: str, *, begins_lockout: bool) -> None:
    """`name` comes from `shortened`, so it is harmless and short."""
    row = AccessFailureLog.objects.create(
        username=name,
        ip_address=request.axes_ip_address,
        user_agent=program(request)[:120],
        path_info=harmless(request.path_info)[:100],
        locked_out=begins_lockout,
    )
    of_address = AccessFailureLog.objects.filter(ip_address=row.ip_address).order_by("-pk")
    too_many = list(of_address.values_list("pk", flat=True)[ROWS_OF_ADDRESS:])
    AccessFailureLog.objects.filter(pk__in=too_many).delete()
    AccessFailureLog.objects.filter(pk__lte=row.pk - ROWS).delete()
    # The name comes last and can't end its quotes, so that nobody can forge an address for fail2ban.
    quoted = json.dumps(name, ensure_ascii=False)
    if begins_lockout:
        what += ", locked out"
    logger.warning("%s: address=%s name=%s", what, client_address(request) or "unknown", quoted)

"""Records wrong passwords and codes twice: in the audit log, where only superusers see them, and in the server's log.

Attempts during a lockout are not recorded, so that a stranger can't fill the disk. A record holds the user name, but
not the typed password or code.
"""

import json
import logging
from typing import Any

from widgets.accounts import audit_log
from widgets.accounts.client import client_address, harmless, program
from widgets.models import Action, AuditEntry

logger = logging.getLogger("widgets.sign_in")
"""The expressions for fail2ban in docs/deploying.md contain this logger's name."""

ROWS_OF_ADDRESS = 100
ROWS = 10_000


def record(request: Any, name: str, failure: str, *, begins_lockout: bool) -> None:
    """The audit log keeps only the newest ROWS_OF_ADDRESS failures per network, and the newest ROWS in all.

    `name`: the user name, from `sign_in.shortened`. `failure`: for example “login failed”.
    """
    if begins_lockout:
        failure += ", locked out"
    where = f"at {harmless(request.path_info)[:100]}, User-Agent: {program(request)[:120] or 'none'}"
    entry = audit_log.record(Action.SIGN_IN_FAILED, name, f"{failure.capitalize()} {where}")
    failures = AuditEntry.objects.filter(action=Action.SIGN_IN_FAILED)
    for rows, most in ((failures.filter(address=entry.address), ROWS_OF_ADDRESS), (failures, ROWS)):
        if oldest_kept := rows.values_list("pk", flat=True)[most - 1 : most]:
            rows.filter(pk__lt=oldest_kept[0]).delete()
    # The name comes last, as a JSON string, so that no typed name can make fail2ban block another address.
    quoted = json.dumps(name, ensure_ascii=False)
    logger.warning("%s: address=%s name=%s", failure, client_address(request) or "unknown", quoted)

"""Sends the queued messages. After a failure, MixCyfe tries again later, and each wait is longer."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from widgets.models import NoticeAddress, NoticeMessage
from widgets.models.encrypted import SecretLost
from widgets.models.notice_address import BadAddress, read_address
from widgets.notices import sending
from widgets.notices.telling import check_projects
from widgets.refresh.clock import database_now

logger = logging.getLogger(__name__)

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720))
"""The waits after a message's first failure, second failure, and so on. MixCyfe gives up after about a day."""

CLAIMED_FOR = timedelta(seconds=sending.SEND_SECONDS + 40)


def run(only: Collection[int] | None = None) -> None:
    """Queues messages about new problems, and sends all messages that are due.

    `only`: the ids of the projects to check for problems; None for all projects.
    """
    check_projects(database_now(), only)
    send_due()


def send_due() -> None:
    while messages := claim(database_now()):
        failures = send(messages, sending.SEND_SECONDS)
        for each, failure in zip(messages, failures, strict=True):
            record(each, failure, database_now())


def claim(now: datetime) -> list[NoticeMessage]:
    """Returns due messages, at most one per address, and marks them, so that no other process sends them now.

    Messages with the fewest tries come first, so that a broken address does not delay the others.
    """
    due = NoticeMessage.objects.filter(
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        address__isnull=False,
        done_at=None,
        next_try_at__lte=now,
        is_test=False,
        tries__lte=len(WAITS) + 2,
    )
    if not due.exists():
        return []
    with transaction.atomic():
        rows = (
            due.select_for_update(skip_locked=True, of=("self",))
            .select_related("address")
            .order_by("tries", "pk")[:100]
        )
        first: dict[int | None, NoticeMessage] = {}
        for row in rows:
            first.setdefault(row.address_id, row)
        taken = list(first.values())[: sending.AT_ONCE]
        for row in taken:
            row.claimed_until, row.tries = now + CLAIMED_FOR, row.tries + 1
            row.save(update_fields=["claimed_until", "tries"])
    return taken


def send(messages: Sequence[NoticeMessage], seconds: float) -> list[str]:
    """Sends all messages at the same time, for at most this many seconds. Must not run in a transaction.

    Returns, for each message, the reason why it was not sent (for people), or "" if it was sent.
    """
    failures, jobs = {}, {}
    for each in messages:
        address = each.address
        assert address is not None
        try:
            target = read_address(address.url.reveal())
            jobs[each.pk] = sending.Job(target, address.may_be_inside, each.subject, each.body, each.type)
        except (SecretLost, BadAddress) as error:
            failures[each.pk] = str(error)
    failures |= dict(zip(jobs, sending.run(list(jobs.values()), seconds), strict=True))
    return [failures[each.pk] for each in messages]


def record(sent: NoticeMessage, failure: str, now: datetime) -> None:
    """Stores and logs the result of one try. The log has the address's id only, because the address is a secret."""
    is_last = sent.is_test or sent.tries > len(WAITS)
    logger.log(
        logging.WARNING if failure else logging.INFO,
        "notice=%s address=%s tries=%s %s",
        sent.pk,
        sent.address_id,
        sent.tries,
        f"failed: {failure}" if failure else "sent",
    )
    fields: dict[str, Any] = {"claimed_until": None, "failure": failure}
    if not failure or is_last:
        fields |= {"done_at": now, "body": ""}
    else:
        fields["next_try_at"] = now + WAITS[sent.tries - 1]
    with transaction.atomic():
        NoticeMessage.objects.filter(pk=sent.pk).update(**fields)
        result = {"last_failed_at" if failure else "last_sent_at": now, "last_failure": failure}
        NoticeAddress.objects.filter(messages=sent.pk).update(**result)

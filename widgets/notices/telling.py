"""Begins and ends notices (problems that people are informed about), and queues their messages.

Because of a lock on the project's row, all processes and hosts together send one notice per problem. If nothing has
changed, nothing is written: on SQLite, each commit makes every process reload its cached pages.
"""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, time, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Count, Exists, OuterRef

from widgets.models import Notice, NoticeAddress, NoticeMessage, Project
from widgets.notices import wording
from widgets.notices.causes import ENDS, OF_PROJECT, Cause, causes_of, is_proven_well
from widgets.notices.wording import Text
from widgets.web.health import STATES, with_health

logger = logging.getLogger(__name__)

NEWCOMERS_AFTER = timedelta(days=1)
"""The minimum time between a message about a cause and a message about more widgets with this cause."""

MOST_PER_HOUR = 6
"""If MixCyfe reported this many notices of a project in the last hour, the project's new notices wait."""

SUMMARY_FROM = time(8)
Step = Callable[[], object]


def check_projects(now: datetime, only: Collection[int] | None = None) -> None:
    """Queues messages about problems of projects with notice addresses.

    `now`: the database's time. `only`: the ids of the projects to check; None for all projects.
    """
    listened = Project.objects.filter(Exists(NoticeAddress.objects.filter(project=OuterRef("pk"))))
    for project in listened if only is None else listened.filter(pk__in=only):
        try:
            check_project(project, now)
        except DatabaseError:
            raise
        except Exception:  # an error in one project must not stop the notices of other projects
            logger.exception("project=%s could not be checked for problems", project.pk)
    if only is None:
        delete_unheard()


def delete_unheard() -> None:
    """Deletes open notices of projects that have no notice address.

    So an address that is added later gets messages about all problems.
    """
    unheard = Notice.objects.filter(ended_at=None, project__notice_addresses=None)
    if unheard.exists():
        unheard.delete()


def check_project(project: Project, now: datetime) -> None:
    """Locks the project only if there is something to do."""
    if not steps(project, now):
        return
    with transaction.atomic():
        locked = Project.objects.select_for_update().filter(pk=project.pk).first()
        for step in steps(locked, now) if locked else ():
            step()


def steps(project: Project, now: datetime) -> list[Step]:
    notices = {each.cause: each for each in project.notices.filter(ended_at=None)}
    causes = causes_of(project, now)
    todo: list[Step] = []
    for key, cause in causes.items():
        notice = notices.get(key) or Notice(project=project, cause=key, since=cause.began(now))
        if step := step_for(notice, cause, now):
            todo.append(step)
    for key, notice in notices.items():
        if key not in causes and (step := end_of(notice, now)):
            todo.append(step)
    return todo + summaries(project, now)


def step_for(notice: Notice, cause: Cause, now: datetime) -> Step | None:
    project, began = notice.project, cause.began(notice.since)
    is_date = cause.key.startswith(ENDS)
    if notice.told_at is None:
        is_due = is_date or now - began >= timedelta(minutes=project.notify_after_minutes)
        if is_due and has_room(project, now):
            return lambda: tell(notice, cause, began, 0, now)
        return notice.save if notice.pk is None else None
    if cause.key in OF_PROJECT or is_date or now - notice.told_at < NEWCOMERS_AFTER:
        return None
    after = timedelta(minutes=project.notify_after_minutes)
    told = set(notice.widgets)
    new = [pk for pk, since in cause.widgets.items() if pk not in told and now - (since or notice.since) >= after]
    return (lambda: tell(notice, cause, notice.since, len(new), now)) if new else None


def has_room(project: Project, now: datetime) -> bool:
    return project.notices.filter(told_at__gt=now - timedelta(hours=1)).count() < MOST_PER_HOUR


def tell(notice: Notice, cause: Cause, since: datetime, new: int, now: datetime) -> None:
    """`new`: the number of widgets that are newly affected, if earlier messages named others."""
    text = wording.failing(notice.project, cause, since, new, now)
    notice.since, notice.told_at, notice.widgets = since, now, sorted({*notice.widgets, *cause.widgets})
    notice.title = (
        text.subject.removeprefix(wording.subject(notice.project, ""))
        if cause.key.startswith(ENDS)
        else wording.headline(cause)
    )
    notice.save()
    queue_all(notice, text, now)


def end_of(notice: Notice, now: datetime) -> Step | None:
    if notice.told_at is None:
        return notice.delete
    is_well = is_proven_well(notice, notice.project, now)
    return None if is_well is None else lambda: end(notice, now, is_well=is_well)


def end(notice: Notice, now: datetime, *, is_well: bool) -> None:
    notice.ended_at, notice.is_well = now, is_well
    notice.save()
    # If an address has not received the message about the failure yet, it gets no message about the end.
    unheard = notice.messages.filter(done_at=None, claimed_until=None)
    never_told = set(unheard.values_list("address", flat=True))
    unheard.delete()
    if is_well:
        text = wording.well(notice.project, notice, now)
        queue_all(notice, text, now, left_out=never_told)


def queue_all(notice: Notice, text: Text, now: datetime, left_out: Collection[int] = ()) -> None:
    """Queues one message per address. Leaves out the ids in `left_out`, and addresses added after `notice.told_at`."""
    addresses = notice.project.notice_addresses.filter(created_at__lte=notice.told_at).exclude(pk__in=left_out)
    NoticeMessage.objects.bulk_create([message(address, text, now, notice) for address in addresses])


def message(address: NoticeAddress, text: Text, now: datetime, notice: Notice | None = None) -> NoticeMessage:
    return NoticeMessage(
        project_id=address.project_id,
        address=address,
        notice=notice,
        type=text.type,
        subject=text.subject[:300],
        body=text.body,
        created_at=now,
        next_try_at=now,
    )


def summaries(project: Project, now: datetime) -> list[Step]:
    local = now.astimezone(project.zone)
    if local.weekday() != 0 or local.time() < SUMMARY_FROM:
        return []
    due = project.notice_addresses.filter(weekly=True).exclude(summary_on=local.date())
    return [lambda: summarize(project, list(due), now)] if due.exists() else []


def summarize(project: Project, addresses: list[NoticeAddress], now: datetime) -> None:
    counted = with_health(project.widgets.filter(active=True), now).order_by().values("health_state")
    found = dict(counted.annotate(count=Count("pk")).values_list("health_state", "count"))
    states = {STATES[state].lower(): found[state] for state in STATES if state in found}
    told = project.notices.filter(told_at__isnull=False)
    open_now = list(told.filter(ended_at=None).values_list("title", flat=True))
    ended = told.filter(ended_at__gt=now - timedelta(days=7), is_well=True).count()
    text = wording.summary(project, states, open_now, ended, now)
    NoticeMessage.objects.bulk_create([message(address, text, now) for address in addresses])
    today = now.astimezone(project.zone).date()
    NoticeAddress.objects.filter(pk__in=[each.pk for each in addresses]).update(summary_on=today)

"""Lists for pickers: a project's events, properties, values, funnels and saved reports, kept for hours.

They count to the same hour as all queries, so each is asked for once and by whoever needs it first. A list that
can't be had anew stays as it was.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from . import holds
from .allowance import why_not, without_secret
from .clock import database_now
from .encryption import SecretLost
from .mixpanel.client import Client
from .mixpanel.errors import MixpanelError
from .models import Listing, Project
from .quota import LEASE_MARGIN, Refusal, end_call, reserve
from .refresh import HOLD_FIELDS, Failure, learn, sentences
from .report import label

KEPT = timedelta(hours=6)
LEFT_ALONE = timedelta(minutes=1)
"""After a failure nobody asks again for so long, but who presses Refresh."""

FORGOTTEN = timedelta(days=7)
ANSWERABLE = {"insights": "Insights", "funnels": "Funnels", "retention": "Retention"}
"""The types of saved reports that Mixpanel's API answers for."""

Entry = dict[str, str]


@dataclass(frozen=True, slots=True)
class What:
    """A kind of list: `of` how many names it is, what the ledger and people call it, and how it is had."""

    of: int
    title: str
    fetch: Callable[..., Iterable[Entry]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to pick. `problem`: why it isn't there, or not newer. `loading`: it is being fetched elsewhere."""

    values: list[Entry]
    fetched_at: datetime | None = None
    problem: str = ""
    loading: bool = False


def plain(names: Iterable[str]) -> list[Entry]:
    """Hostile as they may be: what databases can't hold is taken out, repetitions too."""
    return [{"value": name} for name in dict.fromkeys(map(label, names)) if name.strip()]


def funnels(client: Client) -> list[Entry]:
    found = [{"value": str(number), "label": label(name)} for number, name in client.funnels()]
    return sorted(found, key=lambda entry: entry["label"].casefold())


def saved_reports(client: Client) -> list[Entry]:
    found = [
        {"value": str(report.id), "label": label(report.name), "detail": ANSWERABLE[report.type]}
        for report in client.bookmarks()
        if report.type in ANSWERABLE
    ]
    return sorted(found, key=lambda entry: entry["label"].casefold())


LISTS: dict[str, What] = {
    "events": What(0, "list of events", lambda client: plain(client.event_names())),
    "properties": What(1, "properties", lambda client, event: plain(client.event_properties(event))),
    "values": What(2, "values", lambda client, event, name: plain(client.property_values(event, name))),
    "funnels": What(0, "list of funnels", funnels),
    "saved_reports": What(0, "list of saved reports", saved_reports),
}


def offer(project: Project, what: str, of: Sequence[str] = (), *, user_id: int | None, again: bool = False) -> Offer:
    """The list, from what is kept or from Mixpanel. `again`: somebody wants it newer. Raises KeyError, ValueError."""
    if len(of) != LISTS[what].of:
        raise ValueError(f"{what} is a list of {LISTS[what].of} names")
    listing = Listing.objects.of(project, what, [label(name) for name in of])
    now = database_now()
    if not again:
        if listing.fetched_at and now - listing.fetched_at < KEPT:
            return offered(listing)
        if listing.failed_at and now - listing.failed_at < LEFT_ALONE:
            return offered(listing, listing.error)
    if problem := without_secret(project):
        return offered(listing, problem)
    if not take(listing, now):
        return Offer(listing.values, listing.fetched_at, loading=True)
    try:
        problem = fetch(project, listing, user_id)
    finally:
        Listing.objects.filter(pk=listing.pk).update(loading_until=None)
    listing.refresh_from_db()
    return offered(listing, problem)


def offered(listing: Listing, problem: str = "") -> Offer:
    return Offer(listing.values, listing.fetched_at, problem)


def take(listing: Listing, now: datetime) -> bool:
    """Whether it is ours to fetch: one list is never asked for twice at the same time."""
    free = Q(loading_until=None) | Q(loading_until__lte=now)
    until = now + timedelta(seconds=settings.MIXPANEL_TIMEOUT + LEASE_MARGIN)
    return Listing.objects.filter(free, pk=listing.pk).update(loading_until=until) == 1


def fetch(project: Project, listing: Listing, user_id: int | None) -> str:
    """Asks Mixpanel and keeps what it says. Returns why that was not possible, or nothing."""
    what = LISTS[listing.what]
    try:
        client = project.client()
    except SecretLost as lost:
        return str(lost)
    call = reserve(project, what=" of ".join([what.title, *reversed(listing.of)]), user_id=user_id)
    if isinstance(call, Refusal):
        project.refresh_from_db()
        return why_not(project, call)
    try:
        values = list(what.fetch(client, *listing.of))
    except MixpanelError as error:
        return failed(project, listing, call, error)
    now = end_call(call, outcome="ok")
    mine = Listing.objects.filter(pk=listing.pk)
    mine.update(values=values, fetched_at=now, failed_at=None, error="")
    prune(project, now)
    return ""


def failed(project: Project, listing: Listing, call: int, error: MixpanelError) -> str:
    """Notes the error, and holds the project back where it concerns every query."""
    problem = sentences(error.message, error.advice if error.kind in holds.HOLDS_PROJECT else "")
    now = end_call(call, outcome=error.kind, message=problem, gave_up=error.gave_up)
    Listing.objects.filter(pk=listing.pk).update(failed_at=now, error=problem)
    if error.kind in holds.HOLDS_PROJECT:
        with transaction.atomic(durable=True):
            held = Project.objects.select_for_update().get(pk=project.pk)
            holds.hold_project(held, now, error.kind, problem, error.retry_after)
            learn(held, Failure(error.kind, problem, **learnable(error)))
            held.save(update_fields=[*HOLD_FIELDS, "learned_hourly", "learned_concurrent"])
    return problem


def learnable(error: MixpanelError) -> dict[str, Any]:
    return {name: getattr(error, name, None) for name in ("hourly_limit", "concurrent_limit")}


def prune(project: Project, now: datetime) -> None:
    """Drops lists that nobody wanted for long."""
    old = now - FORGOTTEN
    Listing.objects.filter(
        Q(fetched_at__lt=old) | Q(fetched_at=None, created_at__lt=old), project=project, loading_until=None
    ).delete()

"""Lists for pickers: a project's events, properties, values, funnels and saved reports, kept for hours.

They count to the same hour as all queries, so each is asked for once and by whoever needs it first. A list that
can't be had anew stays as it was.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from widgets.mixpanel.client import Client
from widgets.models import OptionCache, Project
from widgets.refresh import gateway
from widgets.refresh.clock import database_now
from widgets.refresh.gateway import Failure, sentences
from widgets.refresh.quota import Refusal, lease, reserve
from widgets.refresh.usage import why_not
from widgets.report import label

KEPT = timedelta(hours=6)
LEFT_ALONE = timedelta(minutes=1)
"""After a failure a list is not asked for again for this long, unless someone presses Refresh."""

ANSWERABLE = {"insights": "Insights", "funnels": "Funnels", "retention": "Retention"}
"""The types of saved reports that Mixpanel's API answers for."""

Entry = dict[str, str]


@dataclass(frozen=True, slots=True)
class What:
    """A kind of list: `of` how many names it is, what the ledger and people call it, and how it is had.

    `counts`: whether Mixpanel counts it to the project's hour. What lies under /api/app has limits of its own.
    """

    of: int
    title: str
    fetch: Callable[..., Iterable[Entry]]
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Options:
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
    "saved_reports": What(0, "list of saved reports", saved_reports, counts=False),
}


def options(
    project: Project, what: str, of: Sequence[str] = (), *, user_id: int | None, again: bool = False
) -> Options:
    """The list, from what is kept or from Mixpanel. `again`: somebody wants it newer. Raises KeyError, ValueError."""
    if len(of) != LISTS[what].of:
        raise ValueError(f"{what} is a list of {LISTS[what].of} names")
    listing = OptionCache.objects.of(project, what, [label(name) for name in of])
    now = database_now()
    if not again:
        if listing.fetched_at and now - listing.fetched_at < KEPT:
            return options_of(listing)
        if listing.failed_at and now - listing.failed_at < LEFT_ALONE:
            return options_of(listing, listing.error)
    if not take(listing, now):
        return Options(listing.values, listing.fetched_at, loading=True)
    try:
        problem = fetch(project, listing, user_id)
    finally:
        OptionCache.objects.filter(pk=listing.pk).update(loading_until=None)
    # Gone, where the project has moved meanwhile: then there is nothing new.
    return options_of(OptionCache.objects.filter(pk=listing.pk).first() or listing, problem)


def options_of(listing: OptionCache, problem: str = "") -> Options:
    return Options(listing.values, listing.fetched_at, problem)


def take(listing: OptionCache, now: datetime) -> bool:
    """Whether it is ours to fetch: one list is never asked for twice at the same time."""
    free = Q(loading_until=None) | Q(loading_until__lte=now)
    return OptionCache.objects.filter(free, pk=listing.pk).update(loading_until=now + lease()) == 1


def fetch(project: Project, listing: OptionCache, user_id: int | None) -> str:
    """Asks Mixpanel and keeps what it says. Returns why that was not possible, or nothing."""
    what = LISTS[listing.what]
    mine = OptionCache.objects.filter(pk=listing.pk)

    def keep(answered: list[Entry] | Failure, _project: Project, now: datetime) -> None:
        if isinstance(answered, Failure):
            # What concerns the whole project is kept there, and is over when its backoff is.
            failed_at = None if answered.holds_project and what.counts else now
            mine.update(failed_at=failed_at, error=words_for(answered))
        else:
            mine.update(values=answered, fetched_at=now, failed_at=None, error="")

    answered = gateway.call(
        project,
        lambda: reserve(
            project,
            what=" of ".join([what.title, *reversed(listing.of)]),
            user_id=user_id,
            counts=what.counts,
            ignored_backoff=() if what.counts else ("limit",),
        ),
        lambda client, _today: list(what.fetch(client, *listing.of)),
        subject=f"list={listing.what}",
        for_person=True,
        keep=keep,
    )
    if isinstance(answered, Refusal):
        return why_not(project, answered)
    return words_for(answered) if isinstance(answered, Failure) else ""


def words_for(failure: Failure) -> str:
    return failure.message if failure.holds_project else sentences(failure.said)

"""Lists for pickers: a project's events, properties, values, funnels and saved reports, stored in OptionCache.

Most lists cost a query of the project's hourly limit, so all people share one stored copy. If Mixpanel fails, the old
list stays.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from widgets.mixpanel.client import Client
from widgets.mixpanel.error_kind import ErrorKind
from widgets.models import OptionCache, Project
from widgets.refresh import gateway
from widgets.refresh.clock import database_now
from widgets.refresh.gateway import Failure, sentences
from widgets.refresh.quota import Refusal, lease, reserve
from widgets.refresh.usage import why_not
from widgets.report import label
from widgets.spec import INSIGHTS

KEPT = timedelta(hours=6)
LEFT_ALONE = timedelta(minutes=1)
"""The time after a failure in which MixCyfe does not ask for the list again, unless someone presses Refresh."""

ANSWERABLE = {"insights": "Insights", "funnels": "Funnels", "retention": "Retention"}
"""The types of saved reports that Mixpanel's API can answer."""

Entry = dict[str, str]


@dataclass(frozen=True, slots=True)
class OptionList:
    """A list that the form offers. `of`: 0, 1 (for an event) or 2 (an event and a property) names select the list.

    `counts`: false if Mixpanel does not count the query towards the hourly limit, because /api/app has its own limits.
    """

    of: int
    title: str
    fetch: Callable[..., Iterable[Entry]]
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """A list to pick from. `problem`: why the list is missing or old. `loading`: another process is fetching it."""

    values: list[Entry]
    fetched_at: datetime | None = None
    problem: str = ""
    loading: bool = False


def plain(names: Iterable[str]) -> list[Entry]:
    """Removes repetitions and characters that databases can't store, because events may come from attackers."""
    return [{"value": name} for name in dict.fromkeys(map(label, names)) if name.strip()]


def funnels(client: Client) -> list[Entry]:
    found = [{"value": str(number), "label": label(name)} for number, name in client.funnels()]
    return sorted(found, key=lambda entry: entry["label"].casefold())


def saved_funnels(client: Client) -> list[Entry]:
    """The funnels among the saved reports. This list costs no query, and `/funnels/list` is in maintenance."""
    found = [
        {"value": str(report.id), "label": label(report.name)}
        for report in client.bookmarks()
        if report.type == "funnels"
    ]
    return sorted(found, key=lambda entry: entry["label"].casefold())


def saved_reports(client: Client) -> list[Entry]:
    found = [
        {"value": str(report.id), "label": label(report.name), "detail": ANSWERABLE[report.type]}
        for report in client.bookmarks()
        if report.type in ANSWERABLE
    ]
    return sorted(found, key=lambda entry: entry["label"].casefold())


LISTS: dict[str, OptionList] = {
    "events": OptionList(0, "list of events", lambda client: plain(client.event_names())),
    "properties": OptionList(1, "properties", lambda client, event: plain(client.event_properties(event))),
    "values": OptionList(2, "values", lambda client, event, name: plain(client.property_values(event, name))),
    "funnels": OptionList(0, "list of funnels", funnels),
    "saved_reports": OptionList(0, "list of saved reports", saved_reports, counts=False),
}

FUNNELS_OF_INSIGHTS = OptionList(0, "list of funnels", saved_funnels, counts=False)


def option_list(project: Project, what: str) -> OptionList:
    if what == "funnels" and project.engine == INSIGHTS and project.project_id:
        return FUNNELS_OF_INSIGHTS
    return LISTS[what]


def options(
    project: Project, what: str, of: Sequence[str] = (), *, user_id: int | None, again: bool = False
) -> Options:
    """The stored list, or a new one from Mixpanel. `again`: asks even if the stored list is fresh.

    Raises KeyError for an unknown `what`, and ValueError if `of` has the wrong number of names.
    """
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
    # If the project has changed meanwhile, the row is gone, and there is no new list.
    return options_of(OptionCache.objects.filter(pk=listing.pk).first() or listing, problem)


def options_of(listing: OptionCache, problem: str = "") -> Options:
    return Options(listing.values, listing.fetched_at, problem)


def take(listing: OptionCache, now: datetime) -> bool:
    """True if this process may fetch the list. Two processes never fetch one list at the same time."""
    free = Q(loading_until=None) | Q(loading_until__lte=now)
    return OptionCache.objects.filter(free, pk=listing.pk).update(loading_until=now + lease()) == 1


def fetch(project: Project, listing: OptionCache, user_id: int | None) -> str:
    """Asks Mixpanel and stores the answer. Returns the problem, or ""."""
    wanted = option_list(project, listing.what)
    mine = OptionCache.objects.filter(pk=listing.pk)

    def keep(answered: list[Entry] | Failure, _project: Project, now: datetime) -> None:
        if isinstance(answered, Failure):
            # Errors of the whole project are stored in the project, and end with its backoff.
            failed_at = None if answered.holds_project and wanted.counts else now
            mine.update(failed_at=failed_at, error=words_for(answered))
        else:
            mine.update(values=answered, fetched_at=now, failed_at=None, error="")

    answered = gateway.call(
        project,
        lambda: reserve(
            project,
            what=" of ".join([wanted.title, *reversed(listing.of)]),
            user_id=user_id,
            counts=wanted.counts,
            ignored_backoff=() if wanted.counts else (ErrorKind.LIMIT,),
        ),
        lambda client, _today: list(wanted.fetch(client, *listing.of)),
        subject=f"list={listing.what}",
        for_person=True,
        keep=keep,
    )
    if isinstance(answered, Refusal):
        return why_not(project, answered)
    return words_for(answered) if isinstance(answered, Failure) else ""


def words_for(failure: Failure) -> str:
    return failure.message if failure.holds_project else sentences(failure.said)

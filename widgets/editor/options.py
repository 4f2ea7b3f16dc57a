"""Lists for pickers: a project's events, properties, values, funnels and saved reports, stored in OptionCache.

Most lists cost a query of the project's hourly limit, so all people share one stored list. If Mixpanel returns an
error, the old list stays.
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
"""How long MixCyfe waits after a failed request, unless a person presses Refresh."""

ANSWERABLE = {"insights": "Insights", "funnels": "Funnels", "retention": "Retention"}
"""The types of saved reports that Mixpanel's API can answer."""

Entry = dict[str, str]


@dataclass(frozen=True, slots=True)
class OptionList:
    """A kind of list, for example the properties of an event.

    `of`: the number of names that select a list of this kind: 0, 1 (an event) or 2 (an event and a property).
    `counts`: the request counts towards the hourly limit of queries. Requests to /api/app have limits of their own.
    """

    of: int
    title: str
    fetch: Callable[..., Iterable[Entry]]
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Options:
    """`problem`: the reason why the list is missing or old. `loading`: another request is fetching the list."""

    values: list[Entry]
    fetched_at: datetime | None = None
    problem: str = ""
    loading: bool = False


def plain(names: Iterable[str]) -> list[Entry]:
    """Removes empty and repeated names, and replaces characters that databases can't store.

    Anybody can send any names to Mixpanel.
    """
    return [{"value": name} for name in dict.fromkeys(map(label, names)) if name.strip()]


def entry(number: int, name: str, **more: str) -> Entry:
    return {"value": str(number), "label": label(name), **more}


def by_label(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda each: each["label"].casefold())


def saved_funnels(client: Client) -> list[Entry]:
    """Reads the list of saved reports, because the older endpoint `/funnels/list` is in maintenance mode."""
    return by_label(entry(each.id, each.name) for each in client.bookmarks() if each.type == "funnels")


def saved_reports(client: Client) -> list[Entry]:
    found = [each for each in client.bookmarks() if each.type in ANSWERABLE]
    return by_label(entry(each.id, each.name, detail=ANSWERABLE[each.type]) for each in found)


LISTS: dict[str, OptionList] = {
    "events": OptionList(0, "list of events", lambda client: plain(client.event_names())),
    "properties": OptionList(1, "properties", lambda client, event: plain(client.event_properties(event))),
    "values": OptionList(2, "values", lambda client, event, name: plain(client.property_values(event, name))),
    "funnels": OptionList(0, "list of funnels", lambda client: by_label(entry(*each) for each in client.funnels())),
    "saved_reports": OptionList(0, "list of saved reports", saved_reports, counts=False),
}

FUNNELS_OF_INSIGHTS = OptionList(0, "list of funnels", saved_funnels, counts=False)


def option_list(project: Project, list_name: str) -> OptionList:
    if list_name == "funnels" and project.engine == INSIGHTS and project.project_id:
        return FUNNELS_OF_INSIGHTS
    return LISTS[list_name]


def options(project: Project, list_name: str, of: Sequence[str], *, user_id: int | None, again: bool) -> Options:
    """Returns the stored list, or a new list from Mixpanel if the stored list is older than KEPT or `again` is true.

    After an error, returns the stored list for the time LEFT_ALONE, unless `again` is true.

    `list_name`: a key of LISTS. `of`: the event, or the event and the property, to which the list belongs.
    """
    cached = OptionCache.objects.of(project, list_name, [label(name) for name in of])
    now = database_now()
    if not again:
        if cached.fetched_at and now - cached.fetched_at < KEPT:
            return options_of(cached)
        if cached.failed_at and now - cached.failed_at < LEFT_ALONE:
            return options_of(cached, cached.error)
    if not take(cached, now):
        return Options(cached.values, cached.fetched_at, loading=True)
    try:
        problem = fetch(project, cached, user_id)
    finally:
        OptionCache.objects.filter(pk=cached.pk).update(loading_until=None)
    # The list's row is deleted if the project has changed meanwhile. Then the old list is returned.
    return options_of(OptionCache.objects.filter(pk=cached.pk).first() or cached, problem)


def options_of(cached: OptionCache, problem: str = "") -> Options:
    return Options(cached.values, cached.fetched_at, problem)


def take(cached: OptionCache, now: datetime) -> bool:
    """Locks the list for one fetch. Returns False if another request is fetching the list."""
    free = Q(loading_until=None) | Q(loading_until__lte=now)
    return OptionCache.objects.filter(free, pk=cached.pk).update(loading_until=now + lease()) == 1


def fetch(project: Project, cached: OptionCache, user_id: int | None) -> str:
    """Fetches and stores the list. Returns the reason if that fails, else ""."""
    wanted = option_list(project, cached.list_name)
    mine = OptionCache.objects.filter(pk=cached.pk)

    def keep(answered: list[Entry] | Failure, _project: Project, now: datetime) -> None:
        if isinstance(answered, Failure):
            # An error of the whole project is stored in the project, and blocks requests until its backoff ends.
            failed_at = None if answered.backs_off_project and wanted.counts else now
            mine.update(failed_at=failed_at, error=words_for(answered))
        else:
            mine.update(values=answered, fetched_at=now, failed_at=None, error="")

    answered = gateway.call(
        project,
        lambda: reserve(
            project,
            summary=" of ".join([wanted.title, *reversed(cached.of)]),
            user_id=user_id,
            counts=wanted.counts,
            ignored_backoff=() if wanted.counts else (ErrorKind.LIMIT,),
        ),
        lambda client, _today: list(wanted.fetch(client, *cached.of)),
        subject=f"list={cached.list_name}",
        for_person=True,
        keep=keep,
    )
    if isinstance(answered, Refusal):
        return why_not(project, answered)
    return words_for(answered) if isinstance(answered, Failure) else ""


def words_for(failure: Failure) -> str:
    return failure.message if failure.backs_off_project else sentences(failure.said)

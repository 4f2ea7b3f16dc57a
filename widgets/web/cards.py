"""The widgets on a board: the filter that chooses them, their order, and the content of their cards."""

import operator
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet
from django.http import QueryDict

from widgets.models import Project, Widget
from widgets.models.board import LONGEST_SEARCH, LONGEST_TAG
from widgets.web.health import NEEDS_SOMEBODY, STATES, Health, for_lists, health_of, with_health, without_secret


class Card(NamedTuple):
    """`chart_url`: the address of the chart's figure. `before`, `after`: the ids of the widgets beside this one."""

    widget: Widget
    health: Health
    chart_url: str
    before: int | None
    after: int | None


class Section(NamedTuple):
    """A project's widgets. `notice` is the reason why none of the widgets can be refreshed; empty if there is none."""

    project: Project
    notice: str
    cards: list[Card]


class Found(NamedTuple):
    """The result of a filter: the widgets, in order and with their health, and the choices for the next filter.

    `in_all`: the number of widgets in any state. `tags`: the number of widgets per tag, as if the filter had no tag.
    """

    widgets: QuerySet[Any]
    number: int
    in_all: int
    states: dict[str, int]
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class Filter:
    """The filter of a board. An empty part hides no widget."""

    words: str = ""
    project: int | None = None
    tag: str = ""
    health: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.project or self.tag or self.health)

    def find(self, widgets: Any, now: datetime) -> Found:
        """Runs two small SQL statements. The queryset `widgets` of the result has not run yet."""
        no_secret = without_secret()
        if self.project:
            widgets = widgets.filter(project=self.project)
        widgets = search(widgets, self.words)
        rows = with_health(widgets.order_by(), now, no_secret).values_list("health_state", "tags").annotate(Count("pk"))
        states, tags = Counter[str](), Counter[str]()
        for state, its_tags, number in rows:
            tags.update(dict.fromkeys(its_tags, number))
            if not self.tag or self.tag in its_tags:
                states[state] += number
        found: Any = for_lists(widgets.tagged(self.tag) if self.tag else widgets, now, no_secret)
        found = found.in_order()
        if self.health:
            found = found.filter(health_state=self.health)
        in_all = states.total()
        return Found(found, states[self.health] if self.health else in_all, in_all, states, dict(sorted(tags.items())))


def filter_in(query: QueryDict) -> Filter:
    """The filter of a board's address: `?q=`, `?project=`, `?tag=`, `?health=`. Ignores impossible values."""
    project, health = query.get("project", ""), query.get("health", "")
    return Filter(
        words=query.get("q", "")[:LONGEST_SEARCH].replace("\0", ""),
        project=int(project) if project.isascii() and project.isdigit() and len(project) < 19 else None,
        tag=query.get("tag", "")[:LONGEST_TAG].replace("\0", ""),
        health=health if health in STATES else "",
    )


def search(widgets: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Widgets whose title or project contains every word."""
    each = [Q(title__icontains=word) | Q(project__name__icontains=word) for word in words.split()]
    return widgets.filter(reduce(operator.and_, each)) if each else widgets


def sections(widgets: Iterable[Any], now: datetime, chart_url: Callable[[Any], str]) -> list[Section]:
    """One section per project, with the cards of these widgets, which come from `Found.widgets`."""
    found = []
    for project, its_widgets in groupby(widgets, operator.attrgetter("project")):
        row = list(its_widgets)
        pks = [None, *(widget.pk for widget in row), None]
        beside = zip(row, pks, pks[2:], strict=False)
        cards = [Card(widget, health_of(widget, now), chart_url(widget), *pair) for widget, *pair in beside]
        found.append(Section(project, notice(project), cards))
    return found


def notice(project: Project) -> str:
    return project.backoff_message if project.backoff_kind in NEEDS_SOMEBODY else ""

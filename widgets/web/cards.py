"""Selects and orders the widgets of a board, and makes their cards."""

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
from widgets.models.ids import is_id
from widgets.web.health import NEEDS_SOMEBODY, STATES, Health, for_lists, health_of, with_health, without_secret


class Card(NamedTuple):
    """`chart_url`: the URL of the chart's data.

    `before`, `after`: the ids of the widgets before and after this one in its section; None if there is no such widget.
    """

    widget: Widget
    health: Health
    chart_url: str
    before: int | None
    after: int | None


class Section(NamedTuple):
    """A project's cards. `notice`: the project's error that a person must repair (NEEDS_SOMEBODY), if any."""

    project: Project
    notice: str
    cards: list[Card]


class FilteredWidgets(NamedTuple):
    """The widgets that match a filter, in order and with their health, and the counts in the filter's menus.

    `number`: how many widgets match. The other fields ignore the filter's health: `in_all` counts the widgets, `states`
    counts them per state of health, and `tags` counts them per tag. `tags` ignores the filter's tag, too.
    """

    widgets: QuerySet[Any]
    number: int
    in_all: int
    states: dict[str, int]
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class Filter:
    """An empty field hides no widget."""

    words: str = ""
    project: int | None = None
    tag: str = ""
    health: str = ""

    def __bool__(self) -> bool:
        return bool(self.words or self.project or self.tag or self.health)

    def find(self, widgets: Any, now: datetime) -> FilteredWidgets:
        """Applies the filter to the queryset `widgets`. The result's queryset is not evaluated yet."""
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
        return FilteredWidgets(
            found, states[self.health] if self.health else in_all, in_all, states, dict(sorted(tags.items()))
        )


def filter_in(query: QueryDict) -> Filter:
    """Reads the filter from the board's URL: `?q=`, `?project=`, `?tag=`, `?health=`.

    Cuts long texts, and ignores an invalid project or health.
    """
    project, health = query.get("project", ""), query.get("health", "")
    return Filter(
        words=query.get("q", "")[:LONGEST_SEARCH].replace("\0", ""),
        project=int(project) if is_id(project) else None,
        tag=query.get("tag", "")[:LONGEST_TAG].replace("\0", ""),
        health=health if health in STATES else "",
    )


def search(widgets: QuerySet[Any], words: str) -> QuerySet[Any]:
    """The widgets that have each word in their title or in their project's name, in upper or lower case."""
    each = [Q(title__icontains=word) | Q(project__name__icontains=word) for word in words.split()]
    return widgets.filter(reduce(operator.and_, each)) if each else widgets


def sections(widgets: Iterable[Any], now: datetime, chart_url: Callable[[Any], str]) -> list[Section]:
    """Groups widgets from `FilteredWidgets.widgets` by project. `chart_url`: returns a widget's `Card.chart_url`."""
    found = []
    for project, its_widgets in groupby(widgets, operator.attrgetter("project")):
        in_section = list(its_widgets)
        pks = [None, *(widget.pk for widget in in_section), None]
        beside = zip(in_section, pks, pks[2:], strict=False)
        cards = [Card(widget, health_of(widget, now), chart_url(widget), *pair) for widget, *pair in beside]
        found.append(Section(project, notice(project), cards))
    return found


def notice(project: Project) -> str:
    return project.backoff_message if project.backoff_kind in NEEDS_SOMEBODY else ""

"""The board, for people who are logged in.

It does not count as a poll and never asks Mixpanel, so looking at it costs no query.
"""

import operator
from functools import reduce
from itertools import groupby
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from widgets.models import Project, Widget
from widgets.web.chart import chart_url
from widgets.web.health import NEEDS_SOMEBODY, STATES, Health, counts, for_lists, health_of

CARDS_ON_A_PAGE = 120
LONGEST_SEARCH = 200


class Card(NamedTuple):
    widget: Widget
    health: Health
    chart_url: str


class Section(NamedTuple):
    """A project's widgets. `notice` says why none of them can be refreshed; it is empty if they can."""

    project: Project
    notice: str
    cards: list[Card]


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """`/`: every active widget of my projects. `?q=` searches, `?health=` filters, `?wall` is for wall screens."""
    now = timezone.now()
    words = request.GET.get("q", "")[:LONGEST_SEARCH].replace("\0", "")
    state = request.GET.get("health", "")
    mine = Widget.objects.visible_to(request.user).filter(active=True)
    found = search(mine, words)
    by_state = counts(found, now)
    widgets = for_lists(found, now).order_by("project__name", "project_id", "title")
    total = sum(by_state.values())
    if state in STATES:
        widgets, total = widgets.filter(health_state=state), by_state[state]
    pages = Paginator(widgets, CARDS_ON_A_PAGE)
    pages.count = total  # counted already
    page = pages.get_page(request.GET.get("page"))
    cards = [Card(widget, health_of(widget, now), chart_url(widget)) for widget in page]
    context = {
        "title": "Board",
        "now": now,
        "q": words,
        "health": state if state in STATES else "",
        "wall": "wall" in request.GET,
        "states": [(name, word, by_state[name]) for name, word in STATES.items() if name != "paused"],
        "total": sum(by_state.values()),
        "sections": [Section(project, notice(project), list(each)) for project, each in groupby(cards, project_of)],
        "page": page,
        "nothing_at_all": not total and not words and not state,
        "may_see_widgets": may_see(request.user, "widget"),
        "may_see_projects": may_see(request.user, "project"),
    }
    response = render(request, "widgets/board.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def search(widgets: QuerySet[Widget], words: str) -> QuerySet[Widget]:
    """Widgets whose title or project contains every word. `board.js` filters the page in the same way."""
    each = [Q(title__icontains=word) | Q(project__name__icontains=word) for word in words.split()]
    return widgets.filter(reduce(operator.and_, each)) if each else widgets


def project_of(card: Card) -> Project:
    return card.widget.project


def notice(project: Project) -> str:
    return project.backoff_message if project.backoff_kind in NEEDS_SOMEBODY else ""


def may_see(user: Any, model: str) -> bool:
    """True if the admin shows this user the model's list."""
    return bool(user.is_staff and (user.has_perm(f"widgets.view_{model}") or user.has_perm(f"widgets.change_{model}")))

"""Pages for people who are logged in: the board, and a widget's picture.

The pages do not count as polls and never ask Mixpanel, so looking at them costs no query.
"""

import operator
from functools import reduce
from itertools import groupby
from typing import Any, NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.http import require_safe

from widgets.models import Project, Rendering, Widget
from widgets.poll import render as rendering
from widgets.poll import response as poll_response
from widgets.poll.row import RENDERING_VERSION, find
from widgets.web.health import HEAVY, NEEDS_SOMEBODY, STATES, Health, counts, for_lists, health_of

CARDS_ON_A_PAGE = 120
LONGEST_SEARCH = 200

PLACEHOLDER = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" role="img" fill="none" stroke="#8b949e" \
stroke-linecap="round" stroke-width="6" opacity=".55"><title>{}</title>\
<path d="M230 150v60h180M260 190l40-26 36 18 50-44" stroke-linejoin="round"/></svg>
"""
"""The picture of a widget without numbers. The health beside the picture says why there are none."""


class Card(NamedTuple):
    widget: Widget
    health: Health
    picture: str


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
    cards = [Card(widget, health_of(widget, now), picture_url(widget)) for widget in page]
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


def version_of(widget: Widget) -> str:
    """`PollRow.current_source_version`, a part of the picture's address, so that browsers can cache the picture."""
    snapshot = widget.snapshot
    return f"{RENDERING_VERSION}.{widget.version}.{widget.snapshot_id}.{snapshot.version if snapshot else 0}"


def picture_url(widget: Widget) -> str:
    return f"{reverse('picture', args=[widget.pk])}?v={version_of(widget)}"


@require_safe
@login_required
def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """`/pictures/<id>.svg`: the widget's last good numbers as a picture, or the placeholder."""
    mine = Widget.objects.visible_to(request.user).select_related("snapshot", "project").defer(*HEAVY)
    widget = get_object_or_404(mine, pk=pk)
    body, etag = drawn(widget)
    if body is None:
        body, etag = PLACEHOLDER.format(escape("No picture yet")).encode(), "none"
    etag = f'"{etag}"'
    response = HttpResponse(body, content_type=poll_response.CONTENT_TYPES["svg"])
    if poll_response.matches(request.headers.get("If-None-Match", ""), etag):
        response = HttpResponse(status=304)
    for name, value in poll_response.SECURITY_HEADERS:
        response[name] = value
    response["ETag"] = etag
    # The picture at an address with the current version never changes.
    current = request.GET.get("v") == version_of(widget) and etag != '"none"'
    response["Cache-Control"] = "private, max-age=86400" if current else "private, no-cache"
    return response


def drawn(widget: Widget) -> tuple[bytes | None, str]:
    """The picture, or None, and its ETag. Draws the picture anew if the stored one is out of date."""
    if widget.active and widget.snapshot and widget.snapshot.fetched_at:
        found = find(widget.slug, "svg")
        if found is not None and found.source_version != found.current_source_version:
            rendering.render(found, "svg")
        if found is not None:
            return found.body, found.etag
    # A paused widget keeps its last picture.
    stored: Any = Rendering.objects.filter(widget=widget, format="svg").values_list("body", "etag").first()
    body, etag = stored or (None, "")
    return bytes(body) if body is not None else None, etag

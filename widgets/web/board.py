"""Pages for people who are logged in: the board, its wall screen, and a widget's picture.

The pages do not count as polls and never ask Mixpanel, so looking at them costs no query.
"""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
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
from widgets.web.cards import Section, filter_in, sections
from widgets.web.health import HEAVY, STATES
from widgets.web.rights import may_add_widgets, may_change, may_view

CARDS_ON_A_PAGE = 120
CARDS_ON_A_WALL = 1000
"""A wall screen gets all cards at once, because its script pages through them."""

PLACEHOLDER = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 360" role="img" fill="none" stroke="#8b949e" \
stroke-linecap="round" stroke-width="6" opacity=".55"><title>{}</title>\
<path d="M230 150v60h180M260 190l40-26 36 18 50-44" stroke-linejoin="round"/></svg>
"""
"""The picture of a widget without numbers. The health beside the picture says why there are none."""


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """`/`: the active widgets of my projects that match the filter. `?wall` is for wall screens."""
    now = timezone.now()
    wall = "wall" in request.GET
    chosen = filter_in(request.GET)
    found = chosen.find(Widget.objects.visible_to(request.user).filter(active=True), now)
    pages = Paginator(found.widgets, CARDS_ON_A_WALL if wall else CARDS_ON_A_PAGE)
    pages.count = found.number  # counted already
    page = pages.get_page(request.GET.get("page"))
    shown = sections(page, now, picture_url)
    context = {
        "filter": chosen,
        "project": next((section.project for section in shown), None) if chosen.project else None,
        "found": found,
        "states": [(name, word, found.states[name]) for name, word in STATES.items() if name != "paused"],
        "sections": [(section, may_change(request, section.cards[0].widget)) for section in shown],
        "page": page,
        # Messages are shown once. The page's own updates must leave them to the page that a person opens.
        "live": "X-Live-Update" in request.headers,
        "nothing_at_all": not found.number and not chosen,
        "may_see_widgets": may_view(request, Widget),
        "may_see_projects": may_view(request, Project),
        "may_add_widgets": may_add_widgets(request),
    }
    if wall:
        context |= wall_context(shown, found.number)
    response = render(request, "widgets/wall.html" if wall else "widgets/board.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def wall_context(shown: list[Section], number: int) -> dict[str, Any]:
    cards = [card for section in shown for card in section.cards]
    return {
        "cards": cards,
        "notices": [section for section in shown if section.notice],
        "names_projects": len(shown) > 1,
        "left_out": number - len(cards),
    }


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

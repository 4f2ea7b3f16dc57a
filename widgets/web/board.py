"""The board and its full-screen view, the wall screen, for people who are logged in.

These pages are not polls, and send no queries to Mixpanel.
"""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from widgets.models import Widget
from widgets.web.cards import Section, filter_in, sections
from widgets.web.chart import chart_url
from widgets.web.health import STATES
from widgets.web.rights import may_add_widgets, may_change, may_share, may_view

CARDS_ON_A_PAGE = 120
CARDS_ON_A_WALL = 1000
"""A wall screen contains at most this many cards, and a script shows a few at a time."""


@require_safe
@login_required
def board(request: HttpRequest) -> HttpResponse:
    """Answers `/` with the board, and `/?wall` with the wall screen. The URL's filter selects the widgets."""
    now = timezone.now()
    wall = "wall" in request.GET
    chosen = filter_in(request.GET)
    found = chosen.find(Widget.objects.visible_to(request.user).filter(active=True), now)
    pages = Paginator(found.widgets, CARDS_ON_A_WALL if wall else CARDS_ON_A_PAGE)
    pages.count = found.number  # counted already
    page = pages.get_page(request.GET.get("page"))
    shown = sections(page, now, chart_url)
    context = {
        "filter": chosen,
        "project": next((section.project for section in shown), None) if chosen.project else None,
        "found": found,
        "states": [(name, word, found.states[name]) for name, word in STATES.items() if name != "paused"],
        "sections": [(section, may_change(request, section.cards[0].widget)) for section in shown],
        "page": page,
        # Django shows each message once: on the next page that the person opens, not in an automatic update.
        "live": "X-Live-Update" in request.headers,
        "nothing_at_all": not found.number and not chosen,
        "may_see_widgets": may_view(request, Widget),
        "may_add_widgets": may_add_widgets(request),
        "may_share": may_share(request, chosen.project),
    }
    if wall:
        context |= wall_context(shown, found.number)
    return render(request, "widgets/wall.html" if wall else "widgets/board.html", context)


def wall_context(shown: list[Section], number: int) -> dict[str, Any]:
    cards = [card for section in shown for card in section.cards]
    return {
        "cards": cards,
        "notices": [section for section in shown if section.notice],
        "names_projects": len(shown) > 1,
        "left_out": number - len(cards),
    }

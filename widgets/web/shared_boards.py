"""Boards that people share by a link: `/b/<token>` for everybody who has it, `/shared/` for the people who share.

`/b/…` reads no cookie and no query parameter. What the link shows is decided anew on every request: the active
widgets that match the board's filter and that its maker may see at that moment.
"""

import logging
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from widgets.models import Project, SharedBoard, Widget
from widgets.poll import response as poll_response
from widgets.poll.view import respond
from widgets.web.board import CARDS_ON_A_WALL, version_of, wall_context
from widgets.web.cards import Filter, filter_in, sections
from widgets.web.rights import may_add_widgets, may_change

logger = logging.getLogger(__name__)

SHARED = "/b/"
"""The path prefix of all shared boards."""

NO_SUCH_PROJECT = 0


@csrf_exempt
def shared_board(request: HttpRequest, address: str) -> HttpResponse:
    """Answers `/b/<token>` and the charts' `/b/<token>/<widget id>.json`."""
    if request.method not in ("GET", "HEAD"):
        return respond(poll_response.not_allowed(), request)
    token, slash, chart = address.partition("/")
    try:
        board = SharedBoard.objects.filter(token=token, active=True, maker__is_active=True)
        found = board.select_related("maker").first()
        if found is None:
            response = None
        else:
            response = figure(found, chart) if slash else page(found)
    except Exception:
        # Logged here, because Django's log line would contain the address, which is a secret.
        logger.exception("a shared board failed")
        return respond(poll_response.broken(), request)
    if response is None:
        return respond(poll_response.not_found(), request)
    response["Referrer-Policy"] = "no-referrer"
    return response


def page(board: SharedBoard) -> HttpResponse:
    now = timezone.now()
    found = filter_of(board).find(widgets_of(board), now)

    def chart_url(widget: Widget) -> str:
        return f"{SHARED}{board.token}/{widget.pk}.json?v={version_of(widget)}"

    shown = sections(found.widgets[:CARDS_ON_A_WALL], now, chart_url)
    context = {"name": "Shared board", **wall_context(shown, found.number)}
    response = HttpResponse(render_to_string("widgets/wall.html", context))
    response["Cache-Control"] = "private, no-store"
    return response


def figure(board: SharedBoard, name: str) -> HttpResponse | None:
    """The chart of one of the board's widgets, or None."""
    pk, dot, format = name.partition(".")
    if format != "json" or not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    found = filter_of(board).find(widgets_of(board).filter(pk=int(pk)), timezone.now())
    widget = found.widgets.first()
    if widget is None:
        return None
    response = HttpResponse(figure_of(widget), content_type="application/json")
    response["Cache-Control"] = "private"
    return response


def widgets_of(board: SharedBoard) -> Any:
    return Widget.objects.visible_to(board.maker).filter(active=True)


def filter_of(board: SharedBoard) -> Filter:
    return Filter(board.words, board.project_id, board.tag, board.health)


@require_safe
@login_required
def shared_boards(request: HttpRequest) -> HttpResponse:
    """`/shared/`: what the board's filter would share, and the links that this person may end."""
    may_share(request)
    chosen = filter_in(request.GET)
    boards = [(board, projects_of(board, request.user), is_makers(request, board)) for board in managed(request)]
    context = {
        "filter": chosen,
        "number": chosen.find(Widget.objects.visible_to(request.user).filter(active=True), timezone.now()).number,
        "projects": projects_in(chosen, request.user, request.user),
        "boards": boards,
    }
    response = render(request, "widgets/shared_boards.html", context)
    response["Cache-Control"] = "private, no-store"
    return response

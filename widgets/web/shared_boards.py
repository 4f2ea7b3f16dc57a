"""Boards that everybody with the link can see: `/b/<token>`.

The view reads no cookies and no query parameters. A board's maker is the person who shared the board. A board shows
the active widgets that match its filter, but only those that its maker can still edit.
"""

import logging
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from widgets.models import SharedBoard, Widget
from widgets.models.ids import is_id
from widgets.poll import response as poll_response
from widgets.poll.view import respond
from widgets.web.board import CARDS_ON_A_WALL, wall_context
from widgets.web.cards import Filter, Section, sections
from widgets.web.chart import figure_of, version_of

logger = logging.getLogger(__name__)

SHARED = "/b/"
NAME = "Shared board"


@csrf_exempt
def shared_board(request: HttpRequest, address: str) -> HttpResponse:
    """Answers `/b/<token>` with the board, and `/b/<token>/<widget id>.json` with a widget's chart.

    Other paths get the same 404 as wrong addresses of widgets.
    """
    if request.method not in ("GET", "HEAD"):
        return respond(poll_response.not_allowed(), request)
    token, slash, chart = address.partition("/")
    try:
        board = find(token)
        response = None if board is None else figure(board, chart) if slash else page(board)
    except Exception:
        # Django's log line would contain the address, which is a secret.
        logger.exception("a shared board failed")
        return respond(poll_response.broken(), request)
    if response is None:
        return respond(poll_response.not_found(), request)
    response["Referrer-Policy"] = "no-referrer"
    return response


def find(token: str) -> SharedBoard | None:
    boards = SharedBoard.objects.working().select_related("maker")
    return boards.filter(token=token).first() if "\0" not in token else None


def page(board: SharedBoard) -> HttpResponse:
    now = timezone.now()
    found = filter_of(board).find(widgets_of(board), now)

    def chart_url(widget: Widget) -> str:
        return f"{SHARED}{board.token}/{widget.pk}.json?v={version_of(widget)}"

    shown = [for_strangers(each) for each in sections(found.widgets[:CARDS_ON_A_WALL], now, chart_url)]
    return HttpResponse(render_to_string("widgets/wall.html", {"name": NAME, **wall_context(shown, found.number)}))


def for_strangers(section: Section) -> Section:
    """Removes the texts that can quote Mixpanel's errors, which only members of the project should read."""
    cards = [card._replace(health=card.health._replace(why="")) for card in section.cards]
    return section._replace(notice="", cards=cards)


def figure(board: SharedBoard, name: str) -> HttpResponse | None:
    """`name`: `<widget id>.json`. Returns None if the board does not contain this widget."""
    pk, _, format = name.partition(".")
    if format != "json" or not is_id(pk):
        return None
    found = filter_of(board).find(widgets_of(board).filter(pk=pk), timezone.now())
    widget = found.widgets.first()
    if widget is None:
        return None
    body, _ = figure_of(widget)
    response = HttpResponse(body, content_type="application/json")
    # A chart with newer numbers has another URL (see `version_of`), so browsers are allowed to cache this chart.
    response["Cache-Control"] = "private, max-age=3600"
    return response


def widgets_of(board: SharedBoard) -> Any:
    return Widget.objects.editable_by(board.maker).filter(active=True)


def filter_of(board: SharedBoard) -> Filter:
    return Filter(board.words, board.project_id, board.tag, board.health)

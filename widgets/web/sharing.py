"""`/shared/`: the page on which people share a board, replace its link, and end the sharing."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from widgets.accounts import reauthentication
from widgets.accounts.audit_log import record
from widgets.models import Action, Project, SharedBoard, Widget
from widgets.web.cards import filter_in
from widgets.web.rights import may_add_widgets, may_share
from widgets.web.shared_boards import filter_of, widgets_of


@require_safe
@login_required
def shared_boards(request: HttpRequest) -> HttpResponse:
    """Lists the shared boards that the person can end and see (`is_for`), and offers to share another board.

    For this new board, the page shows how many widgets match the URL's filter.

    Leads of a project can end other people's boards, but do not see the links of these boards, because a board can show
    widgets that the lead can't see. People who are no longer allowed to share boards can still end their own boards.
    """
    boards = [each for board in manageable(request) if is_for(each := described(board, request.user))]
    if not boards:
        check_may_share(request)
    chosen = filter_in(request.GET)
    found = chosen.find(Widget.objects.editable_by(request.user).filter(active=True), timezone.now())
    context = {
        "filter": chosen,
        "number": found.number,
        "projects": projects_of(found.widgets, request.user),
        "boards": boards,
        "may_share": may_share(request, chosen.project),
    }
    return render(request, "widgets/shared_boards.html", context)


def described(board: SharedBoard, user: Any) -> dict[str, Any]:
    """The board with the number of its widgets and with its projects, as far as `user` is allowed to see them."""
    found: Any = filter_of(board).find(widgets_of(board), timezone.now()).widgets
    shown = found.visible_to(user)
    return {
        "board": board,
        "number": shown.count(),
        "projects": projects_of(shown, user),
        "is_mine": may_replace(board, user),
    }


def is_for(described: dict[str, Any]) -> bool:
    """Whether the page shows this board to the reader.

    The page hides another person's board of all projects if the reader can't see any of its widgets. The board's filter
    could contain the name of a project that the reader is not allowed to know.
    """
    return bool(described["is_mine"] or described["board"].project_id or described["number"])


def projects_of(widgets: QuerySet[Any], user: Any) -> QuerySet[Project]:
    return Project.objects.visible_to(user).filter(pk__in=widgets.order_by().values("project")).order_by("name")


@login_required
@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """Shares a board with the filter in the query string."""
    check_may_share(request)
    chosen = filter_in(request.GET)
    project = Project.objects.editable_by(request.user).filter(pk=chosen.project).first() if chosen.project else None
    if chosen.project and project is None:
        raise PermissionDenied  # without a project, the board would show all projects
    with transaction.atomic():
        board = SharedBoard.objects.create(
            maker_id=int(request.user.pk or 0),
            project=project,
            words=chosen.words,
            tag=chosen.tag,
            health=chosen.health,
        )
        record(Action.BOARD_SHARED, board)
    return done(request, "The board is shared. Everybody who has its link sees these widgets.")


@login_required
@require_POST
@reauthentication.recent_login_required
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    board = get_object_or_404(manageable(request), pk=pk)
    if not may_replace(board, request.user):
        raise PermissionDenied
    with transaction.atomic():
        board.replace_token()
        record(Action.ADDRESS_REPLACED, board)
    return done(request, "The board has a new link. The old link no longer works.")


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    board = get_object_or_404(manageable(request), pk=pk)
    with transaction.atomic():
        board.active = False
        board.save(update_fields=["active"])
        record(Action.BOARD_ENDED, board)
    return done(request, "The board is no longer shared. Its link no longer works.")


def manageable(request: HttpRequest) -> QuerySet[SharedBoard]:
    """The boards that this person is allowed to end (see `managed_by`). The column `works`: whether the link works."""
    boards = SharedBoard.objects.filter(active=True).select_related("maker", "project").order_by("-created_at")
    works = Exists(SharedBoard.objects.working().filter(pk=OuterRef("pk")))
    return boards.managed_by(request.user).annotate(works=works)


def may_replace(board: SharedBoard, user: Any) -> bool:
    return bool(user.is_superuser or board.maker_id == user.pk)


def check_may_share(request: HttpRequest) -> None:
    """Raises PermissionDenied if the person can't make widgets.

    A person who can make widgets can publish numbers anyway, because every widget has a public address.
    """
    if not may_add_widgets(request):
        raise PermissionDenied


def done(request: HttpRequest, words: str) -> HttpResponseRedirect:
    messages.success(request, words)
    return HttpResponseRedirect(reverse("shared_boards" if may_add_widgets(request) else "board"))

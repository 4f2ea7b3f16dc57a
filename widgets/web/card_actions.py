"""The buttons of a card on the board. Each one changes one widget and leads back to the board.

The admin's own actions do the work and write the message, so that both places do the same.
"""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from widgets.models import Project, Widget
from widgets.web.rights import admin_of, may_add_widgets, may_change


@login_required
@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Refreshes the widget with one query, if the project's limits allow a query now."""
    widget = changeable(request, pk)
    admin_of(Widget).refresh_now(request, Widget.objects.filter(pk=widget.pk))
    return back_to_board(request)


@login_required
@require_POST
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    widget = changeable(request, pk)
    if not may_add_widgets(request):
        raise PermissionDenied
    admin_of(Widget).duplicate(request, Widget.objects.filter(pk=widget.pk))
    return back_to_board(request)


@login_required
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Moves a widget within its project: `place` is `first`, `last`, `before <id>` or `after <id>`."""
    widget = changeable(request, pk)
    place, _, neighbour = request.POST.get("place", "").partition(" ")
    is_id = neighbour.isascii() and neighbour.isdigit() and len(neighbour) < 19
    move_within_project(widget, place, int(neighbour) if is_id else None)
    return back_to_board(request)


def move_within_project(widget: Widget, place: str, neighbour: int | None) -> None:
    """Moves the widget to `place`: `first`, `last`, or `before` or `after` the widget with the id `neighbour`."""
    with transaction.atomic():
        Project.objects.select_for_update().filter(pk=widget.project_id).first()
        rows = dict(Widget.objects.filter(project=widget.project_id).in_order().values_list("pk", "position"))
        order = [pk for pk in rows if pk != widget.pk]
        places = {"first": 0, "last": len(order)}
        if neighbour in order:
            places |= {"before": order.index(neighbour), "after": order.index(neighbour) + 1}
        if place not in places:
            return  # the neighbour was deleted or moved meanwhile
        order.insert(places[place], widget.pk)
        moved = [Widget(pk=pk, position=number) for number, pk in enumerate(order, 1) if rows[pk] != number]
        Widget.objects.bulk_update(moved, ["position"], batch_size=500)


def changeable(request: HttpRequest, pk: int) -> Widget:
    """Raises Http404 for widgets that this person does not see, and PermissionDenied if they may not change it."""
    widget: Widget = get_object_or_404(Widget.objects.visible_to(request.user), pk=pk)
    if not may_change(request, widget):
        raise PermissionDenied
    return widget


def back_to_board(request: HttpRequest) -> HttpResponseRedirect:
    """Redirects to the board with its filter, which is the query string of the button's URL."""
    query = request.GET.urlencode()
    return HttpResponseRedirect(f"{reverse('board')}{'?' if query else ''}{query}")

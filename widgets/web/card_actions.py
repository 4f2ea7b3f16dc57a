"""The views behind the buttons of a card. Each view acts on one widget and redirects to the board."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from widgets.models import Project, Widget
from widgets.models.ids import is_id
from widgets.web.rights import admin_of, may_add_widgets, may_change


@login_required
@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Refreshes the widget's data if the project's limits allow it. A message on the board tells the result."""
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
    """The form's field `place` is `first`, `last`, `before <id>` or `after <id>`."""
    widget = changeable(request, pk)
    place, _, neighbour = request.POST.get("place", "").partition(" ")
    move_within_project(widget, place, int(neighbour) if is_id(neighbour) else None)
    return back_to_board(request)


def move_within_project(widget: Widget, place: str, neighbour: int | None) -> None:
    """`place`: `first`, `last`, `before` or `after`. `neighbour`: the id of a widget, for `before` and `after`."""
    with transaction.atomic():
        Project.objects.select_for_update().filter(pk=widget.project_id).first()
        rows = dict(Widget.objects.filter(project=widget.project_id).in_order().values_list("pk", "position"))
        order = [pk for pk in rows if pk != widget.pk]
        places = {"first": 0, "last": len(order)}
        if neighbour in order:
            places |= {"before": order.index(neighbour), "after": order.index(neighbour) + 1}
        if place not in places:
            return  # `neighbour` is no longer in this project, or `place` is invalid
        order.insert(places[place], widget.pk)
        moved = [Widget(pk=pk, position=number) for number, pk in enumerate(order, 1) if rows[pk] != number]
        Widget.objects.bulk_update(moved, ["position"], batch_size=500)


def changeable(request: HttpRequest, pk: int) -> Widget:
    """Raises Http404 if the person can't see the widget, and PermissionDenied if the person can't change it."""
    widget: Widget = get_object_or_404(Widget.objects.visible_to(request.user), pk=pk)
    if not may_change(request, widget):
        raise PermissionDenied
    return widget


def back_to_board(request: HttpRequest) -> HttpResponseRedirect:
    """Keeps the board's filter, which is the query string of the button's URL."""
    query = request.GET.urlencode()
    return HttpResponseRedirect(f"{reverse('board')}{'?' if query else ''}{query}")

"""The navigation bar of the board and the admin."""

from typing import NamedTuple

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse

from widgets.models import Project, Widget
from widgets.web.rights import may_view

PAGES = ((Widget, "Widgets"), (Project, "Projects"), (get_user_model(), "People"))


class Item(NamedTuple):
    """`current` is the link's aria-current: `page` on the link's page, `true` on pages below that page, else empty.

    It is never `true` for Board and Admin, because other links' pages are below these two.
    """

    text: str
    url: str
    current: str


def navigation(request: HttpRequest) -> list[Item]:
    """Links to the pages that this person is allowed to open."""
    if not request.user.is_authenticated:
        return []
    pages = [("Board", reverse("board"))]
    for model, text in PAGES:
        if may_view(request, model):
            pages.append((text, reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")))
    if admin.site.has_permission(request):
        pages.append(("Admin", reverse("admin:index")))
    return [Item(text, url, current(request.path, url)) for text, url in pages]


def current(path: str, url: str) -> str:
    if path == url:
        return "page"
    is_parent = url not in (reverse("board"), reverse("admin:index")) and path.startswith(url)
    return "true" if is_parent else ""

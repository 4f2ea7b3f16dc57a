"""The audit log lists every change: person, action, project or widget, time. People read it for what they may see.

This is Django's own log of the admin. The log names fields, never values, so it holds no secret.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest

from widgets.admin.strict_list import ReadOnly, StrictList
from widgets.models import Project, Widget

COMMAND_LINE = "command line"


def log_change(user: Any, row: Model, what: str) -> None:
    """Logs a change that was made outside the admin's own forms. Django logs the forms by itself."""
    LogEntry.objects.log_actions(user.pk, [row], CHANGE, what, single_object=True)


def log_command(rows: Iterable[Model], what: str) -> None:
    """Logs the work of a command. One inactive user stands for everyone who runs commands on the server."""
    user, is_new = get_user_model().objects.get_or_create(username=COMMAND_LINE, defaults={"is_active": False})
    if is_new:
        user.set_unusable_password()
        user.save()
    for row in rows:
        log_change(user, row, what)


def visible_to(user: Any) -> QuerySet[LogEntry]:
    """Entries about projects and widgets that this user may see now. Superusers see all, also of deleted rows."""
    entries = LogEntry.objects.select_related("content_type", "user")
    if not user.is_active:
        return entries.none()
    if user.is_superuser:
        return entries
    about = Q(pk__in=())
    for model in (Project, Widget):
        kind = ContentType.objects.get_for_model(model)
        seen = model.objects.visible_to(user).order_by().annotate(key=Cast("pk", LogEntry._meta.get_field("object_id")))
        about |= Q(content_type=kind, object_id__in=seen.values("key"))
    return entries.filter(about)


def recent(request: HttpRequest) -> QuerySet[LogEntry]:
    """Entries for the admin's first page, which shows people their own actions."""
    return visible_to(request.user)


site: Any = admin.site
site.get_log_entries = recent


@admin.register(LogEntry)
class AuditLogAdmin(ReadOnly, StrictList):
    list_display = ("action_time", "user", "did", "kind", "object_repr", "message")
    list_display_links = None
    list_filter = ("action_flag", "action_time")
    search_fields = ("object_repr", "user__username")
    date_hierarchy = "action_time"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return visible_to(request.user).order_by("-action_time", "-pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return request.user.has_perm("widgets.view_widget") or request.user.has_perm("widgets.view_project")

    @admin.display(description="Action", ordering="action_flag")
    def did(self, entry: LogEntry) -> str:
        return entry.get_action_flag_display().lower()

    @admin.display(description="Kind", ordering="content_type")
    def kind(self, entry: LogEntry) -> str:
        return str(entry.content_type.name if entry.content_type else "")

    @admin.display(description="Details")
    def message(self, entry: LogEntry) -> str:
        return entry.get_change_message()

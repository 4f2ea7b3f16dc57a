"""The page of the audit log. `accounts.audit_log` writes its entries and decides who reads them."""

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest

from widgets.accounts.audit_log import visible_to
from widgets.admin.strict_list import ReadOnly, StrictList


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

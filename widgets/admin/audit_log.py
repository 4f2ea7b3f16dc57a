"""The page of the audit log. `accounts.audit_log` writes its entries and decides who reads them."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import linebreaksbr
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from widgets.accounts.audit_log import visible_to
from widgets.admin.strict_list import ReadOnly, StrictList
from widgets.models import Role
from widgets.models.access import has_role_somewhere
from widgets.times import time_tag

WORDS = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted"}


def zone_of(request: HttpRequest) -> tzinfo:
    """The time zone in the cookie that `zone.js` sets; else UTC, because the page shows UTC without scripts."""
    try:
        return ZoneInfo(request.COOKIES.get("timezone", ""))
    except (ValueError, LookupError, OSError):
        return UTC


@admin.register(LogEntry)
class AuditLogAdmin(ReadOnly, StrictList):
    list_display = ("at", "user", "did", "kind", "name", "message")
    list_display_links = None
    list_filter = ("action_flag", "action_time")
    search_fields = ("object_repr", "user__username")
    date_hierarchy = "action_time"

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        return visible_to(request.user).order_by("-action_time", "-pk")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: LogEntry | None = None) -> bool:
        return has_role_somewhere(request.user, Role.VIEWER)

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(js=("widgets/zone.js", "widgets/board/times.js"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The filters by date count days in the reader's time zone, in which `times.js` writes the times."""
        try:
            return self.page_in(zone_of(request), request, extra_context)
        except DataError:  # PostgreSQL may know fewer zones than Python
            return self.page_in(UTC, request, extra_context)

    def page_in(self, zone: tzinfo, request: HttpRequest, extra_context: dict[str, Any] | None) -> HttpResponse:
        with timezone.override(zone):
            page = super().changelist_view(request, {"title": "History"} | (extra_context or {}))
            return page.render() if isinstance(page, TemplateResponse) else page

    @admin.display(description="When", ordering="action_time")
    def at(self, entry: LogEntry) -> SafeString:
        return time_tag(entry.action_time)

    @admin.display(description="Name", ordering="object_repr")
    def name(self, entry: LogEntry) -> str:
        return entry.object_repr

    @admin.display(description="Action", ordering="action_flag")
    def did(self, entry: LogEntry) -> str:
        return WORDS[entry.action_flag]

    @admin.display(description="Kind", ordering="content_type")
    def kind(self, entry: LogEntry) -> str:
        return str(entry.content_type.name if entry.content_type else "")

    @admin.display(description="Details")
    def message(self, entry: LogEntry) -> str:
        return linebreaksbr(entry.get_change_message())

"""Lists of logins and failed logins. Superusers read them, nobody changes them, `clean_up` deletes old rows."""

from typing import Any

from axes.models import AccessFailureLog, AccessLog
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from widgets.admin.by_role import SuperusersOnly
from widgets.admin.strict_list import ReadOnly, StrictList


class LoginsAdmin(ReadOnly, SuperusersOnly, StrictList):
    title = ""
    search_fields = ("username", "ip_address")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": self.title} | (extra_context or {}))

    @admin.display(description="Address", ordering="ip_address")
    def address(self, row: Any) -> str:
        """An IPv6 visitor owns a whole /64 network, so the record holds the network."""
        return f"{row.ip_address}/64" if ":" in (row.ip_address or "") else str(row.ip_address or "unknown")


@admin.register(AccessFailureLog)
class FailedLoginsAdmin(LoginsAdmin):
    title = "Failed logins and password changes"
    list_display = fields = ("attempt_time", "address", "username", "locked_out", "path_info", "user_agent")
    list_filter = ("locked_out", "attempt_time")


@admin.register(AccessLog)
class SuccessfulLoginsAdmin(LoginsAdmin):
    title = "Logins"
    list_display = fields = ("attempt_time", "address", "username", "logout_time", "path_info", "user_agent")
    list_filter = ("attempt_time",)

"""The page on which people filter, search and export the audit log, which `accounts.audit_log` writes.

Members of a project read the entries about that project. Only superusers read network addresses and entries without a
project. Nobody can change or delete an entry here.
"""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import linebreaksbr
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from widgets.accounts.audit_log import record
from widgets.admin.audit_export import KINDS, answer
from widgets.admin.audit_filters import ByPerson, ByProject, Days
from widgets.admin.by_role import ByRole, is_superuser
from widgets.admin.strict_list import StrictList
from widgets.models import Action, AuditEntry
from widgets.times import time_tag

MOST = 10_000
"""The list shows at most this many entries, because counting more takes long. The filter by day finds older entries."""


class Newest(Paginator):
    @cached_property
    def count(self) -> int:
        entries: Any = self.object_list
        return int(entries[:MOST].count())


def zone_of(request: HttpRequest) -> tzinfo:
    """The time zone in the cookie that `zone.js` sets, or UTC if the cookie is missing or wrong."""
    try:
        return ZoneInfo(request.COOKIES.get("timezone", ""))
    except (ValueError, LookupError, OSError):
        return UTC


@admin.register(AuditEntry)
class AuditLogAdmin(ByRole, StrictList):
    actions = None
    change_list_template = "widgets/audit_log.html"
    list_display_links = None
    list_filter = (ByProject, ByPerson, "action", ("at", Days))
    list_per_page = 100
    list_max_show_all = 0
    show_full_result_count = False
    paginator = Newest
    sortable_by = ()

    class Media:
        css = {"all": ("widgets/audit_log.css",)}
        js = ("widgets/zone.js", "widgets/board/times.js")

    def get_urls(self) -> list[URLPattern]:
        """The addresses of the list and of its exports. A single entry has no page."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="widgets_auditentry_changelist"),
            path("export/<str:kind>/", wrap(require_POST(self.export_view)), name="widgets_auditentry_export"),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        shown = ("when", "who", "action", "in_project", "name", "said")
        return (*shown, "address") if is_superuser(request) else shown

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Only superusers can search by network address."""
        fields = ("actor", "project", "subject", "details")
        return (*fields, "address") if is_superuser(request) else fields

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The filter by day uses the reader's time zone."""
        context = {"title": "Audit log", "kinds": KINDS, "most": MOST} | (extra_context or {})
        with timezone.override(zone_of(request)):
            page = super().changelist_view(request, context)
            return page.render() if isinstance(page, TemplateResponse) else page

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Sends the filtered entries as a file, and records the export."""
        if kind not in KINDS:
            raise Http404
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            with timezone.override(zone_of(request)):
                found = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse("admin:widgets_auditentry_changelist") + "?e=1")
        chosen = "&".join(f"{name}={value}" for name, value in request.GET.items())
        record(Action.EXPORTED, details=f"The audit log as {KINDS[kind]}. {chosen and f'Filters: {chosen}'}".strip())
        return answer(found, kind, with_address=is_superuser(request))

    @admin.display(description="When")
    def when(self, entry: AuditEntry) -> SafeString:
        return time_tag(entry.at)

    @admin.display(description="Who")
    def who(self, entry: AuditEntry) -> str:
        return entry.actor or "not signed in"

    @admin.display(description="Project")
    def in_project(self, entry: AuditEntry) -> str:
        return entry.project

    @admin.display(description="About")
    def name(self, entry: AuditEntry) -> str:
        return entry.subject

    @admin.display(description="Details")
    def said(self, entry: AuditEntry) -> SafeString:
        return linebreaksbr(entry.details)

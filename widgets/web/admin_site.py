"""The admin site: its name, its first page, and three views that do less than Django's own."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from widgets.accounts import audit_log
from widgets.accounts.password_change import guarded


class Site(AdminSite):
    site_header = site_title = "MixCyfe"
    index_title = "From Mixpanel to Cyfe"
    index_template = "widgets/admin_index.html"
    enable_nav_sidebar = False
    """Every page has the navigation of the board."""

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Entries for the admin's first page, which shows people their own actions."""
        return audit_log.visible_to(request.user)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """No form here uses autocomplete. Django's view would answer questions about any relation of any model."""
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return guarded(super().password_change)(request, extra_context)

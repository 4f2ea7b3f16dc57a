"""The admin site: its name, its first page, and three views that do less than Django's own."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from widgets.accounts import audit_log
from widgets.accounts.password_change import guarded
from widgets.models import Role
from widgets.models.access import has_role_somewhere


class Site(AdminSite):
    site_header = site_title = "MixCyfe"
    index_title = "From Mixpanel to Cyfe"
    index_template = "widgets/admin_index.html"
    login_form = AuthenticationForm
    """Not the admin's own form, which refuses everybody without `is_staff`."""
    enable_nav_sidebar = False
    """Every page has the navigation of the board."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Members of a project and superusers may enter; `is_staff` gives nothing."""
        return has_role_somewhere(request.user, Role.VIEWER)

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Entries for the admin's first page, which shows people their own actions."""
        return audit_log.visible_to(request.user)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """No form here uses autocomplete. Django's view would answer questions about any relation of any model."""
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return guarded(super().password_change)(request, extra_context)

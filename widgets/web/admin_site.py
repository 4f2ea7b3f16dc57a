"""The admin site: its name, first page, login and access rules."""

from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from widgets.accounts import audit_log
from widgets.accounts.login_page import LoginPage
from widgets.accounts.password_change import limit_guesses
from widgets.accounts.reauthentication import recent_login_required_in_admin
from widgets.models import Role
from widgets.models.access import has_role_somewhere


class Site(AdminSite):
    site_header = site_title = "MixCyfe"
    index_title = "From Mixpanel to Cyfe"
    index_template = "widgets/admin_index.html"
    enable_nav_sidebar = False
    """Every page has MixCyfe's navigation bar instead."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the person is a superuser or a member of a project. `is_staff` gives no rights.

        Every active user is allowed to open the page that changes the user's own password.
        """
        match = request.resolver_match
        if match and match.url_name in ("password_change", "password_change_done"):
            return bool(request.user.is_active)
        return has_role_somewhere(request.user, Role.VIEWER)

    def register(self, model_or_iterable: Any, *args: Any, **kwargs: Any) -> None:
        """Leaves out allauth's models, because their pages would show and change other people's second factors."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        ours = [each for each in models if not apps.get_app_config(each._meta.app_label).name.startswith("allauth")]
        super().register(ours, *args, **kwargs)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return super().admin_view(recent_login_required_in_admin(view), cacheable)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {**self.each_context(request), "title": "Log in", "app_path": request.get_full_path()}
        context["username"] = request.user.get_username()
        return LoginPage.as_view(extra_context=context)(request)

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """The entries on the admin's first page, about projects and widgets that this person can see."""
        return audit_log.visible_to(request.user)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Answers 404: no form uses autocomplete, and Django's view would let people search rows of related models."""
        raise Http404

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return limit_guesses(super().password_change)(request, extra_context)

"""People in the admin: one form invites a colleague, one button removes a colleague. Only superusers change groups.

Users are never deleted, because their entries in the audit log would be deleted with them. Their account is closed.
"""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from widgets.accounts import audit_log
from widgets.accounts.forms import InvitationForm
from widgets.accounts.invitations import Invitation, invite, send_link
from widgets.accounts.leaving import leaving, let_go, may_let_go
from widgets.admin.strict_list import StrictList
from widgets.models import Project
from widgets.models.access import people_visible_to

User = get_user_model()


class SuperusersOnly(admin.ModelAdmin):
    """For superusers only. A person who may change groups could give themselves every permission."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_module_permission(request)

    has_add_permission = has_module_permission
    has_change_permission = has_delete_permission = has_view_permission


admin.site.unregister(Group)
admin.site.unregister(User)


@admin.register(Group)
class RoleAdmin(SuperusersOnly, StrictList, GroupAdmin):
    class Media:
        js = ("widgets/select_filter.js",)


@admin.register(User)
class PeopleAdmin(StrictList, UserAdmin):
    list_display = ("username", "name", "email", "roles", "projects", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    readonly_fields = ("last_login", "date_joined", "projects")
    change_form_template = "people/change_form.html"
    change_list_template = "people/change_list.html"
    actions = None

    class Media:
        js = ("widgets/select_filter.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        mine = Project.objects.visible_to(request.user)
        shared = models.Prefetch("mixpanel_projects", queryset=mine, to_attr="shared_projects")
        visible = super().get_queryset(request).filter(pk__in=people_visible_to(request.user).values("pk"))
        return visible.prefetch_related(shared, "groups")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        person = (None, {"fields": ("username", "first_name", "last_name", "email", "projects")})
        if not request.user.is_superuser:
            return (person,)
        return (
            person,
            ("Password", {"fields": ("password",), "classes": ("collapse",)}),
            ("Permissions", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
            ("Dates", {"fields": ("last_login", "date_joined")}),
        )

    def get_list_filter(self, request: HttpRequest) -> Any:
        return self.list_filter if request.user.is_superuser else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For superusers only: a person who may change users could make themselves a superuser."""
        return request.user.is_active and request.user.is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request) or request.user.has_perm("auth.view_user")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Name", ordering="first_name")
    def name(self, user: Any) -> str:
        return str(user.get_full_name())

    @admin.display(description="Role")
    def roles(self, user: Any) -> str:
        names = ["Superuser"] if user.is_superuser else []
        return ", ".join([*names, *(group.name for group in user.groups.all())])

    @admin.display(description="Projects")
    def projects(self, user: Any) -> str:
        """The person's projects that the reader sees too."""
        return ", ".join(project.name for project in getattr(user, "shared_projects", ())) or "none"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/leave/", wrap(self.leave_view), name="auth_user_leave"),
            path("<int:pk>/link/", wrap(require_POST(self.link_view)), name="auth_user_link"),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters())
    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """`/admin/auth/user/add/`: the invitation. The page after the form shows the link, once."""
        if not self.has_add_permission(request) or IS_POPUP_VAR in request.GET:
            raise PermissionDenied
        form = InvitationForm(request.POST if request.method == "POST" else None, by=request.user)
        if not form.is_valid():
            return self.page(request, "people/invite.html", "Invite a colleague", form=form)
        made = invite(request.user, **form.cleaned_data)
        if not made.problem or made.link:
            names = ", ".join(project.name for project in form.cleaned_data["projects"])
            audit_log.log_change(request.user, made.user, f"Invited to {names}.")
        return self.page(request, "people/invited.html", "Invited", invitation=made)

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new one-time link for a person whose link has expired, or who forgot the password."""
        user = self.person(request, pk)
        if not self.has_change_permission(request, user):
            raise PermissionDenied
        if not user.is_active:
            made = Invitation(user, problem="This account is closed. Make it active first.")
        else:
            made = send_link(user)
            audit_log.log_change(request.user, user, "Made a new link to set the password.")
        return self.page(request, "people/invited.html", "A new link", invitation=made)

    def leave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the person's projects and widgets, and removes the person after confirmation."""
        user = self.person(request, pk)
        if not may_let_go(request.user, user):
            raise PermissionDenied
        if request.method != "POST":
            title = f"{user.get_full_name() or user} leaves"
            return self.page(request, "people/leave.html", title, leaving=leaving(request.user, user))
        left = let_go(request.user, user)
        audit_log.log_change(request.user, user, "Left.")
        count = len(left.widgets)
        owners = f" {count} widget{'s have' if count != 1 else ' has'} no owner now." if count else ""
        self.message_user(request, f"{user} left.{owners}", messages.SUCCESS)
        seen = "admin:auth_user_changelist" if self.has_view_permission(request) else "admin:index"
        return HttpResponseRedirect(reverse(seen))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """For superusers only: the history names projects and colleagues of all teams of the person."""
        if not request.user.is_superuser and self.get_object(request, unquote(object_id)) is not None:
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        user = kwargs.get("obj")
        context["may_let_go"] = user is not None and user.is_active and may_let_go(request.user, user)
        return super().render_change_form(request, context, *args, **kwargs)

    def person(self, request: HttpRequest, pk: int) -> Any:
        user = self.get_queryset(request).filter(pk=pk).first()
        if user is None:
            raise Http404
        return user

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        context |= {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        response = TemplateResponse(request, template, context)
        response["Cache-Control"] = "private, no-store"
        return response

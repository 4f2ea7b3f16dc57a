"""The admin's pages for accounts. Superusers change names, passwords and rights. `admin/members.py` invites people."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from widgets.accounts import audit_log
from widgets.accounts.invitations import send_link
from widgets.accounts.members import LAST_SUPERUSER, LastSuperuser, close_account, keep_a_superuser
from widgets.admin.admin_page import admin_page
from widgets.admin.by_role import SuperusersOnly, is_superuser
from widgets.admin.strict_list import StrictList
from widgets.models import Action, Role, Widget

User = get_user_model()

admin.site.unregister(Group)
admin.site.unregister(User)


class PersonForm(UserChangeForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("is_active") and cleaned.get("is_superuser")):
            try:
                keep_a_superuser(self.instance)
            except LastSuperuser:
                raise ValidationError(LAST_SUPERUSER) from None
        return cleaned


@admin.register(User)
class PeopleAdmin(SuperusersOnly, StrictList, UserAdmin):
    form = PersonForm
    list_display = ("username", "name", "email", "projects", "is_superuser", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser")
    readonly_fields = ("last_login", "date_joined", "projects")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email", "projects")}),
        ("Password", {"fields": ("password",), "classes": ("collapse",)}),
        ("Rights", {"fields": ("is_active", "is_superuser")}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    change_form_template = "people/change_form.html"
    change_list_template = "people/change_list.html"
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("memberships__project")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are closed (`leave_view`), not deleted: Django would also delete the person's log entries."""
        return False

    @admin.display(description="Name", ordering="first_name")
    def name(self, user: Any) -> str:
        return str(user.get_full_name())

    @admin.display(description="Projects")
    def projects(self, user: Any) -> SafeString | str:
        rows = sorted(user.memberships.all(), key=lambda row: row.project.name)
        links = (
            (reverse("admin:widgets_project_members", args=[row.project_id]), row.project, Role(row.role).label.lower())
            for row in rows
        )
        return format_html_join(", ", '<a href="{}">{}</a> ({})', links) or "none"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/leave/", wrap(self.leave_view), name="auth_user_leave"),
            path("<int:pk>/link/", wrap(require_POST(self.link_view)), name="auth_user_link"),
            *super().get_urls(),
        ]

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Makes a new one-time link for a person who has forgotten the password."""
        user = self.person(request, pk)
        if not user.is_active:
            self.message_user(request, "This account is closed. Make the account active first.", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))
        audit_log.log_change(request.user, user, "Made a new link to set the password.", Action.INVITED)
        made = send_link(user)
        return admin_page(self, request, "people/invited.html", "A new link", invitation=made, email=user.email)

    def leave_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the projects and widgets of a person who leaves, and closes the account after a confirmation."""
        user = self.person(request, pk)
        if user.pk == request.user.pk:
            raise PermissionDenied
        if request.method != "POST":
            widgets = Widget.objects.filter(owner=user).select_related("project")
            title = f"Close the account of {user.get_full_name() or user}"
            return admin_page(self, request, "people/leave.html", title, person=user, widgets=widgets)
        projects = [row.project for row in user.memberships.all()]
        try:
            with transaction.atomic():
                count = close_account(user)
                for project in projects:
                    audit_log.log_change(request.user, project, f"Removed {user}.", Action.REMOVED)
                audit_log.log_change(request.user, user, "Left.", Action.REMOVED)
        except LastSuperuser:
            self.message_user(request, LAST_SUPERUSER, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:auth_user_change", args=[pk]))
        owners = f" {count} widget{'s have' if count != 1 else ' has'} no owner now." if count else ""
        self.message_user(request, f"{user} left.{owners}", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:auth_user_changelist"))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        user = kwargs.get("obj")
        context["may_close"] = user is not None and user.is_active and user.pk != request.user.pk
        return super().render_change_form(request, context, *args, **kwargs)

    def person(self, request: HttpRequest, pk: int) -> Any:
        if not is_superuser(request):
            raise PermissionDenied
        user = self.get_object(request, str(pk))
        if user is None:
            raise Http404
        return user

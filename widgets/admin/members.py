"""The page of a project's members, which all members can read. Leads invite people, change roles and remove members."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from widgets.accounts import audit_log, members
from widgets.accounts.forms import InvitationForm
from widgets.accounts.invitations import CantInvite, invite, is_pending, may_give_link, send_link
from widgets.admin.admin_page import admin_page
from widgets.models import Action, Membership, Project, Role
from widgets.models.ids import is_id

MEANINGS = {
    Role.VIEWER: "reads the board and the widgets' settings",
    Role.EDITOR: "also makes, changes, pauses and deletes widgets, and shares boards",
    Role.LEAD: "also changes the project's settings and credentials, and invites people",
}


class MembersPage(admin.ModelAdmin):
    """The part of ProjectAdmin that shows and changes a project's members."""

    def get_urls(self) -> list[URLPattern]:
        page, one, wrap = "<int:pk>/members/", "<int:pk>/members/<int:user>/", self.admin_site.admin_view
        return [
            path(page, wrap(self.members_view), name="widgets_project_members"),
            path(f"{one}role/", wrap(require_POST(self.role_view)), name="widgets_project_role"),
            path(f"{one}link/", wrap(require_POST(self.link_view)), name="widgets_project_link"),
            path(f"{one}remove/", wrap(self.remove_view), name="widgets_project_remove"),
            *super().get_urls(),
        ]

    @admin.display(description="People")
    def people(self, project: Project) -> SafeString:
        url = reverse("admin:widgets_project_members", args=[project.pk])
        return format_html('<a href="{}" aria-label="People of {}">People</a>', url, project)

    def members_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the members, the open invitations and a form. A POST of the form invites a person."""
        project = self.get_object(request, str(pk))
        if project is None:
            raise Http404
        leads = self.has_change_permission(request, project)
        if request.method == "POST" and not leads:
            raise PermissionDenied
        form = InvitationForm(request.POST if request.method == "POST" else None, label_suffix="")
        if form.is_valid():
            try:
                made = invite(request.user, project, **form.cleaned_data)
            except CantInvite as refusal:
                form.add_error("email", str(refusal))
            else:
                context = {"invitation": made, "email": form.cleaned_data["email"]}
                return self.page(request, project, "invited", "Invited", **context)
        rows = sorted(project.memberships.select_related("user"), key=place)
        context = {
            "leads": leads,
            "has_lead": any(row.role == Role.LEAD and row.user.is_active for row in rows),
            "members": [row for row in rows if not is_pending(row.user)],
            "invited": [(row, leads and may_give_link(request.user, row.user)) for row in rows if is_pending(row.user)],
            "roles": [(role.value, role.label, MEANINGS[role]) for role in Role],
            "form": form,
        }
        return self.page(request, project, "members", f"People of {project}", **context)

    def role_view(self, request: HttpRequest, pk: int, user: int) -> HttpResponse:
        row = self.row_to_change(request, pk, user)
        if request.POST.get("role") not in Role:
            raise BadRequest
        old, new = Role(row.role), Role(request.POST["role"])
        if old == new:
            return self.back(request, row, f"{row.user} has this role already: {old.label}.", messages.INFO)
        try:
            with transaction.atomic():
                members.set_role(request.user, row, new)
                said = f"Role of {row.user}: “{old.label}” → “{new.label}”"
                audit_log.log_change(request.user, row.project, said, Action.ROLE)
        except members.LastLead:
            return self.back(request, row, members.LAST_LEAD, messages.ERROR)
        return self.back(request, row, f"New role of {row.user}: {new.label}.")

    def link_view(self, request: HttpRequest, pk: int, user: int) -> HttpResponse:
        """Makes a new one-time link for an invited person, for example if the first link has expired."""
        row = self.row_to_change(request, pk, user)
        if not may_give_link(request.user, row.user):
            raise PermissionDenied
        audit_log.log_change(request.user, row.project, f"Made a new invitation link for {row.user}.", Action.INVITED)
        made = send_link(row.user)
        return self.page(request, row.project, "invited", "A new link", invitation=made, email=row.user.email)

    def remove_view(self, request: HttpRequest, pk: int, user: int) -> HttpResponse:
        """Removes a member after a confirmation, which lists the widgets that lose their owner."""
        row = self.row_to_change(request, pk, user)
        if request.method != "POST":
            context = {"row": row, "widgets": members.owned_in(row)}
            return self.page(request, row.project, "remove", f"Remove {row.user}", **context)
        try:
            with transaction.atomic():
                count = members.remove(request.user, row)
                audit_log.log_change(request.user, row.project, f"Removed {row.user}.", Action.REMOVED)
        except members.LastLead:
            return self.back(request, row, members.LAST_LEAD, messages.ERROR)
        owners = f" {count} widget{'s have' if count != 1 else ' has'} no owner now." if count else ""
        return self.back(request, row, f"{row.user} is no longer a member of {row.project}.{owners}")

    def row_to_change(self, request: HttpRequest, pk: int, user: int) -> Membership:
        """The membership of the user with the id `user` in the project with the id `pk`.

        Raises Http404 if the signed-in person can't see the project, or if the user is not a member. Raises
        PermissionDenied if the signed-in person can't change the project.
        """
        project = self.get_object(request, str(pk))
        if project is None:
            raise Http404
        if not self.has_change_permission(request, project):
            raise PermissionDenied
        if not is_id(str(user)):
            raise Http404
        return get_object_or_404(Membership.objects.select_related("user", "project"), project=project, user=user)

    def back(self, request: HttpRequest, row: Membership, text: str, level: int = messages.SUCCESS) -> HttpResponse:
        self.message_user(request, text, level)
        if not Project.objects.visible_to(request.user).filter(pk=row.project_id).exists():
            return HttpResponseRedirect(reverse("board"))
        return HttpResponseRedirect(reverse("admin:widgets_project_members", args=[row.project_id]))

    def page(self, request: HttpRequest, project: Project, name: str, title: str, **context: Any) -> HttpResponse:
        return admin_page(self, request, f"people/{name}.html", title, project=project, **context)


def place(row: Membership) -> tuple[int, str]:
    """Sort key: leads first, then editors, then viewers; by name within a role."""
    return len(Role(row.role).and_higher), str(row.user)

"""The admin's pages for projects. People can enter a project's secret, but no page shows a stored secret."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Count
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from widgets.admin.by_role import ByRole
from widgets.admin.changes import LogsValues
from widgets.admin.connection import RECEIVER
from widgets.admin.fields import TimeZoneInput, day
from widgets.admin.members import MembersPage
from widgets.admin.notices import NoticesPage
from widgets.admin.project_page import ProjectPage
from widgets.admin.strict_list import StrictList
from widgets.mixpanel.error_kind import ErrorKind
from widgets.models import Project, Role
from widgets.models.project import Auth
from widgets.web.health import Health

CREDENTIALS = "Credentials"
HERE_ALREADY = next(
    each.violation_error_message for each in Project._meta.constraints if each.name == "one_project_a_mixpanel_project"
)
CANT_BE_ADDED = "This Mixpanel project can't be used here. Ask your administrator."
ANOTHER_NAME = "Choose another name."


class ProjectForm(forms.ModelForm):
    by: Any  # the person who fills in the form

    new_secret = forms.CharField(
        label="Secret",
        required=False,
        strip=True,
        max_length=1000,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="MixCyfe stores the secret encrypted and never shows it again.",
    )

    class Meta:
        widgets = {
            "timezone": TimeZoneInput(attrs={"class": "vTextField"}),
            "expires_on": day(),
        }
        error_messages = {"timezone": {"required": "Choose the same time zone as in Mixpanel's project settings."}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "timezone" in self.fields and self.instance.pk is None:
            # The field starts empty, because nobody would notice a wrong default.
            self.initial["timezone"] = ""
            self.fields["timezone"].help_text += " Type to search. The connection test can also fill in the time zone."
        if "new_secret" in self.fields and self.instance.pk and self.instance.has_secret:
            self.fields["new_secret"].help_text = "A secret is stored. Leave this field empty to keep it."

        if "engine" in self.fields:
            # A page that was opened before an upgrade of MixCyfe can lack this field.
            self.fields["engine"].required = False

    def clean_engine(self) -> str:
        engine: str = self.cleaned_data["engine"] or self.instance.engine
        return engine

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "new_secret" not in self.fields or cleaned.get("new_secret"):
            return cleaned
        if not self.instance.has_secret:
            self.add_error("new_secret", "Enter the secret of the service account or the project.")
        elif moved := [name for name in RECEIVER if name in self.changed_data]:
            names = ", ".join(str(self.fields[name].label).lower() for name in moved)
            self.add_error("new_secret", f"Enter the secret again, because you changed: {names}.")
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """Tells only superusers that another team's project has the same name or is the same Mixpanel project."""
        for name, errors in getattr(error, "error_dict", {}).items() if not self.by.is_superuser else ():
            for each in errors:
                if name == NON_FIELD_ERRORS and each.message == HERE_ALREADY:
                    each.message = CANT_BE_ADDED
                elif name == "name" and each.code == "unique":
                    each.message = ANOTHER_NAME
        super().add_error(field, error)

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data.get("new_secret"):
            self.instance.set_secret(self.cleaned_data["new_secret"])
        return super().save(commit)


@admin.register(Project)
class ProjectAdmin(ByRole, MembersPage, NoticesPage, ProjectPage, LogsValues, StrictList):
    to_change = Role.LEAD
    to_add = to_delete = None
    project_field = "pk"
    form = ProjectForm
    list_display = ("name", "state", "widget_count", "people", "project_id", "region", "timezone")
    search_fields = ("name", "project_id")
    show_full_result_count = False
    readonly_fields = ("connection", "learned_limits")
    logged_as_replaced = ("auth", "username", "new_secret")
    fieldsets = (
        (None, {"fields": ("name",)}),
        ("In Mixpanel", {"fields": ("region", "project_id", "workspace_id", "timezone", "engine")}),
        (CREDENTIALS, {"fields": ("auth", "username", "new_secret", "expires_on", "connection")}),
        (
            "Limits",
            {
                "fields": (("hourly_limit", "concurrent_limit"), "learned_limits", "refresh_minutes"),
                "description": "Mixpanel's limits count all queries to this project, also those of other programs.",
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(widget_total=Count("widgets"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, extra_context={"title": "Projects"} | (extra_context or {}))

    def get_form(self, request: HttpRequest, obj: Project | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.by = request.user
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Project | None = None) -> Any:
        """Hides the credentials, including the user name, from people who can't change the project."""
        fieldsets = super().get_fieldsets(request, obj)
        may_write = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        return [each for each in fieldsets if may_write or each[0] != CREDENTIALS]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The superuser who adds a project becomes a lead of this project."""
        super().save_related(request, form, formsets, change)
        if not change:
            form.instance.members.add(request.user, through_defaults={"role": Role.LEAD})

    @admin.display(description="Widgets", ordering="widget_total")
    def widget_count(self, project: Any) -> int:
        return int(project.widget_total)

    @admin.display(description="State")
    def state(self, project: Project) -> SafeString:
        return render_to_string("widgets/health_cell.html", {"health": state_of(project)})


def state_of(project: Project) -> Health:
    if problem := project.secret_problem:
        return Health("failing", "Needs credentials", problem)
    if project.in_backoff:
        return Health(
            "stale" if project.backoff_kind == ErrorKind.LIMIT else "failing",
            "Refused by Mixpanel",
            project.backoff_message,
        )
    if project.auth == Auth.PROJECT_SECRET:
        return Health(
            "fresh", "Ready", "The project uses a project secret. Mixpanel ends project secrets on 3 March 2027."
        )
    return Health("fresh", "Ready")

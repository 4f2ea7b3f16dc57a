"""Projects in the admin. Their secret can be written, never read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from widgets.encryption import SecretLost
from widgets.models import Project
from widgets.models.project import PROJECT_SECRET

MOVES_THE_SECRET = ("region", "project_id", "username", "auth")


class ProjectForm(forms.ModelForm):
    new_secret = forms.CharField(
        label="Secret",
        required=False,
        strip=True,
        max_length=1000,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"}),
        help_text="Kept encrypted, and never shown again.",
    )

    class Meta:
        model = Project
        fields = [
            "name",
            "region",
            "project_id",
            "workspace_id",
            "timezone",
            "auth",
            "username",
            "new_secret",
            "hourly_limit",
            "concurrent_limit",
            "refresh_minutes",
            "members",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_secret" in self.fields and self.instance.pk and self.instance.has_secret:
            self.fields["new_secret"].help_text = "A secret is set. Leave empty to keep it; it is never shown."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "new_secret" not in self.fields or cleaned.get("new_secret"):
            return cleaned
        if not self.instance.has_secret:
            self.add_error("new_secret", "Enter the secret of the service account or the project.")
        elif moved := [name for name in MOVES_THE_SECRET if name in self.changed_data]:
            names = ", ".join(str(self.fields[name].label).lower() for name in moved)
            self.add_error("new_secret", f"Enter the secret again, because you changed: {names}.")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data.get("new_secret"):
            self.instance.set_secret(self.cleaned_data["new_secret"])
        return super().save(commit)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    form = ProjectForm
    list_display = ("name", "project_id", "region", "timezone", "state", "widget_count")
    search_fields = ("name", "project_id")
    filter_horizontal = ("members",)
    readonly_fields = ("state", "learned_limits")
    fieldsets = (
        (None, {"fields": ("name", "state")}),
        ("In Mixpanel", {"fields": ("region", "project_id", "workspace_id", "timezone")}),
        ("Credentials", {"fields": ("auth", "username", "new_secret")}),
        (
            "Limits",
            {
                "fields": (("hourly_limit", "concurrent_limit"), "learned_limits", "refresh_minutes"),
                "description": "Mixpanel counts the queries of all its clients for this project.",
            },
        ),
        ("People", {"fields": ("members",)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).visible_to(request.user).annotate_widgets()

    @admin.display(description="Widgets", ordering="widget_total")
    def widget_count(self, project: Project) -> int:
        return project.widget_total

    @admin.display(description="State")
    def state(self, project: Project) -> SafeString | str:
        if project.pk is None:
            return "not saved yet"
        if not project.has_secret:
            return "needs credentials"
        try:
            project.secret.reveal()
        except SecretLost as lost:
            return str(lost)
        if project.is_held:
            return format_html("held back: {}", project.hold_message)
        if project.auth == PROJECT_SECRET:
            return "ready; Mixpanel ends project secrets on 3 March 2027: move to a service account before"
        return "ready"

    @admin.display(description="Limits that Mixpanel named")
    def learned_limits(self, project: Project) -> str:
        if not project.learned_hourly and not project.learned_concurrent:
            return "none yet: Mixpanel names them when one is reached"
        hourly, at_once = project.learned_hourly or "?", project.learned_concurrent or "?"
        return f"{hourly} an hour, {at_once} at once; lower ones than yours are kept to"

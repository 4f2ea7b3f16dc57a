"""The form of the connection test. Its values come from the form of a new or saved project.

People choose a region, not a host, so they can't make the test send a secret to their own host. The test sends a stored
secret only if the form has the stored region, project, user name and kind of credentials.
"""

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.views.decorators.debug import sensitive_variables

from widgets.editor.connection import LAST_ZONE, Verdict, check
from widgets.models import Project
from widgets.models.encrypted import encrypt
from widgets.spec import INSIGHTS

RECEIVER = ("region", "project_id", "username", "auth")
"""A stored secret belongs to the values of these fields. If a value changes, people must enter the secret again."""

FIELDS = (*RECEIVER, "workspace_id", "timezone", "engine")


class ConnectionForm(forms.Form):
    """The fields that a connection to Mixpanel needs. The form fills `project`, but never saves it."""

    def __init__(self, data: Any, stored: Project | None) -> None:
        super().__init__(data)
        self.fields |= forms.fields_for_model(Project, FIELDS)
        self.fields["timezone"].required = self.fields["engine"].required = False
        self.fields["new_secret"] = forms.CharField(label="Secret", required=False, strip=True, max_length=1000)
        self.stored = stored
        self.project = Project()

    @sensitive_variables("cleaned", "typed")
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        typed = cleaned.get("new_secret", "")
        for name in FIELDS:
            setattr(self.project, name, cleaned.get(name))
        self.project.timezone = self.project.timezone or LAST_ZONE
        self.project.engine = self.project.engine or (self.stored.engine if self.stored else INSIGHTS)
        others = {each.name for each in Project._meta.get_fields()} - set(FIELDS) | set(self.errors)
        try:
            # Uniqueness matters only when a project is saved.
            self.project.full_clean(exclude=others, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            self.add_error(None, error)
        if typed:
            self.project.secret = encrypt(typed)
        elif self.stored is None or not self.stored.has_secret:
            self.add_error("new_secret", "Enter the secret of the service account or the project.")
        elif moved := [str(self.fields[name].label).lower() for name in RECEIVER if self.changes(name)]:
            self.add_error("new_secret", f"Enter the secret again, because you changed: {', '.join(moved)}.")
        else:
            self.project.secret = self.stored.secret
        return cleaned

    def changes(self, name: str) -> bool:
        return bool(getattr(self.stored, name) != getattr(self.project, name))

    @property
    def as_stored(self) -> bool:
        """True if the form has no new secret and all other values are the stored values."""
        return self.stored is not None and not self.data.get("new_secret") and not any(map(self.changes, FIELDS))

    def counted_on(self, user: Any) -> Project | None:
        """The saved project whose hourly limit counts the test's query; None if `user` can see no such project."""
        if self.as_stored:
            return self.stored
        if self.project.project_id is None:
            return None
        same = {"region": self.project.region, "project_id": self.project.project_id}
        return Project.objects.visible_to(user).filter(**same).first()


def check_form(form: ConnectionForm, user: Any) -> Verdict:
    if not form.is_valid():
        errors = {name: [str(text) for text in texts] for name, texts in form.errors.items()}
        errors |= {"": errors.pop(NON_FIELD_ERRORS)} if NON_FIELD_ERRORS in errors else {}
        return Verdict(False, "Some fields are empty or wrong. Correct these fields, then test again.", errors=errors)
    return check(form.project, counted_on=form.counted_on(user), saved=form.as_stored, user=user)

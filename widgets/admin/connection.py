"""The form of the connection test. It reads the values in the project's form, whether they are saved or not.

People can't choose the host of the request. The stored secret is used only with the project id, region, user name
and authentication with which it was saved.
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
"""Fields that decide where and how the secret is sent.

After a change of such a field, the secret must be entered again.
"""

FIELDS = (*RECEIVER, "workspace_id", "timezone", "engine")


class ConnectionForm(forms.Form):
    """The project's fields that a connection needs. The form sets the fields of `project`, and never saves it."""

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
            # A connection test is also allowed for a Mixpanel project that another row uses already.
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
        """True if the form holds exactly the saved values."""
        return self.stored is not None and not self.data.get("new_secret") and not any(map(self.changes, FIELDS))

    def counted_on(self, user: Any) -> Project | None:
        """The saved project whose hourly limit counts the test's query.

        None if `user` can view no project with this Mixpanel id.
        """
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
        return Verdict(False, "The connection was not tested. Correct the errors in the form first.", errors=errors)
    return check(form.project, counted_on=form.counted_on(user), saved=form.as_stored, user=user)

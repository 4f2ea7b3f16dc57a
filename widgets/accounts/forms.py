"""The form that invites a colleague."""

from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator, RegexValidator

from widgets.accounts.ids import RowsField
from widgets.accounts.invitations import roles_for
from widgets.models import Project

ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f]*$", "Write the name on one line.")


class InvitationForm(forms.Form):
    name = forms.CharField(max_length=200, validators=[ONE_LINE], widget=forms.TextInput(attrs={"class": "vTextField"}))
    email = forms.EmailField(
        label="E-mail address",
        max_length=150,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
        help_text="The address is also the user name.",
    )
    projects = RowsField(
        queryset=Project.objects.none(), widget=forms.CheckboxSelectMultiple, help_text="They see these projects."
    )
    role = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, by: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        mine = Project.objects.visible_to(by)
        projects, role = self.fields["projects"], self.fields["role"]
        assert isinstance(projects, RowsField)
        assert isinstance(role, forms.ChoiceField)
        projects.queryset, role.choices = mine, list(roles_for(by).items())
        self.initial.setdefault("role", next(reversed(roles_for(by))))
        if data is None and len(only := list(mine[:2])) == 1:
            self.initial.setdefault("projects", only)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

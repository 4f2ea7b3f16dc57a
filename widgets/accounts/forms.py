"""The form that invites a person to a project."""

from django import forms
from django.core.validators import ProhibitNullCharactersValidator, RegexValidator

from widgets.models import Role

ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f]*$", "Write the name on one line.")


class InvitationForm(forms.Form):
    name = forms.CharField(max_length=200, validators=[ONE_LINE], widget=forms.TextInput(attrs={"class": "vTextField"}))
    email = forms.EmailField(
        label="E-mail address",
        max_length=150,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
        help_text="A new member logs in with this address as the user name.",
    )
    role = forms.ChoiceField(choices=Role.choices, initial=Role.EDITOR)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

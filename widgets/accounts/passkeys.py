"""Reads what browsers answer to a passkey's challenge. fido2 raises many kinds of errors for what no browser answers.

allauth handles two of them. Here all are the same: this passkey is not right.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, LoginWebAuthnForm
from allauth.mfa.webauthn.internal import auth
from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.forms.fields import InvalidJSONInput


def guarded(read: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(read)
    def reading(*args: Any) -> Any:
        try:
            return read(*args)
        except (ValidationError, DatabaseError):
            raise
        except Exception:  # noqa: BLE001 - see above
            raise ValidationError("This passkey is not right.") from None

    return reading


class CredentialField(forms.JSONField):
    widget = forms.HiddenInput
    to_python = guarded(forms.JSONField.to_python)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """A page that is shown again waits for another answer."""
        return InvalidJSONInput("")


class SecondStepForm(AuthenticateWebAuthnForm):
    credential = CredentialField()
    clean_credential = guarded(AuthenticateWebAuthnForm.clean_credential)


class LoginForm(LoginWebAuthnForm):
    credential = CredentialField()
    clean_credential = guarded(LoginWebAuthnForm.clean_credential)


class AddForm(AddWebAuthnForm):
    credential = CredentialField()
    clean = guarded(AddWebAuthnForm.clean)


@guarded
def check(user: Any, credential: Any) -> None:
    """Raises ValidationError, if this is not the answer of one of the person's passkeys to the session's challenge."""
    auth.parse_authentication_response(credential)
    auth.complete_authentication(user, credential)


challenge = auth.begin_authentication
"""The challenge for the person's passkeys, for the page's script. The session keeps it."""

"""Reads the answers that browsers send to a passkey's challenge.

The library fido2 raises many kinds of errors for malformed answers, and allauth handles only some of them. This
module turns all of them into a ValidationError.
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


def as_validation_error(read: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(read)
    def reading(*args: Any) -> Any:
        try:
            return read(*args)
        except DatabaseError:
            raise
        except Exception:  # noqa: BLE001 - fido2 raises many kinds
            raise ValidationError("MixCyfe could not verify this passkey. Try again.") from None

    return reading


class CredentialField(forms.JSONField):
    widget = forms.HiddenInput
    to_python = as_validation_error(forms.JSONField.to_python)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Empty, because a form that is shown again needs a new answer from the passkey."""
        return InvalidJSONInput("")


class SecondStepForm(AuthenticateWebAuthnForm):
    credential = CredentialField()
    clean_credential = as_validation_error(AuthenticateWebAuthnForm.clean_credential)


class LoginForm(LoginWebAuthnForm):
    credential = CredentialField()
    clean_credential = as_validation_error(LoginWebAuthnForm.clean_credential)


class AddForm(AddWebAuthnForm):
    credential = CredentialField()
    clean = as_validation_error(AddWebAuthnForm.clean)


@as_validation_error
def check(user: Any, credential: Any) -> None:
    """Raises ValidationError if no passkey of the user gave this answer to the session's challenge."""
    auth.parse_authentication_response(credential)
    auth.complete_authentication(user, credential)


challenge = auth.begin_authentication
"""Makes a challenge for the user's passkeys, stores it in the session, and returns it for the page's script."""

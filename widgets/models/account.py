"""Sessions, and the fields that Django's User lacks: when MixCyfe asked for a second factor, or mailed a warning."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """A session. `session_key` holds a digest of the key, and `session_data` is encrypted (see `accounts.sessions`).

    `user` is null before the login.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> Any:
        from importlib import import_module

        return import_module(settings.SESSION_ENGINE).SessionStore


class AccountSecurity(models.Model):
    """Times of one account. `second_factor_asked_at`: when MixCyfe first asked this person for a second factor.

    The grace period begins at that time. `lockout_mailed_at` and `wrong_codes_mailed_at`: when MixCyfe last mailed the
    person about a lockout or about wrong codes.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="security"
    )
    second_factor_asked_at = models.DateTimeField(null=True)
    lockout_mailed_at = models.DateTimeField(null=True)
    wrong_codes_mailed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"security of account {self.pk}"

"""Sessions, and fields about an account's security that Django's User lacks."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """`session_key` is a digest, `session_data` is encrypted (see `accounts.sessions`). `user`: null before login."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> Any:
        from importlib import import_module

        return import_module(settings.SESSION_ENGINE).SessionStore


class AccountSecurity(models.Model):
    """`second_factor_asked_at`: when MixCyfe first asked for a second factor, and the grace period began.

    `lockout_mailed_at`, `wrong_codes_mailed_at`: when MixCyfe last mailed a warning about a lockout, or about
    wrong codes.
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

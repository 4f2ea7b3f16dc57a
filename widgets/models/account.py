"""Sessions, and the facts about an account that Django's User does not hold."""

from typing import Any

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """A session: `session_key` is a digest, `session_data` is encrypted (`widgets.accounts.sessions`).

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
    """`second_factor_asked_at`: when MixCyfe first asked this person for a second factor. The grace period begins then.

    `lockout_mailed_at`, `wrong_codes_mailed_at`: when the last mail about a lockout or about wrong codes was sent.
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

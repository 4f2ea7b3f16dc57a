"""`manage.py rotate_encryption_keys` encrypts all stored secrets with the first key in FIELD_ENCRYPTION_KEYS.

It leaves sessions unchanged. If you remove the key that encrypted a session, the person must log in again.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from widgets.accounts.audit_log import record
from widgets.models import Action, NoticeAddress, Project
from widgets.models.encrypted import Encrypted, SecretLost


class Command(BaseCommand):
    help = (
        "Encrypts all stored secrets with the first key in FIELD_ENCRYPTION_KEYS. Then you can remove the other keys."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rotated, lost = 0, []
        with transaction.atomic():
            for project in Project.objects.select_for_update():
                if not project.has_secret:
                    continue
                try:
                    project.secret = project.secret.rotated()
                except SecretLost:
                    lost.append(project.name)
                    continue
                project.save(update_fields=["secret"])
                rotated += 1
            for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
                name = "secret" if factor.type == Authenticator.Type.TOTP else "seed"
                try:
                    factor.data[name] = Encrypted(factor.data[name]).rotated().token
                except SecretLost:
                    lost.append(f"{factor} of {factor.user}")
                    continue
                factor.save(update_fields=["data"])
                rotated += 1
            for address in NoticeAddress.objects.select_for_update().select_related("project"):
                try:
                    address.url = address.url.rotated()
                except SecretLost:
                    lost.append(f"the notice address {address} of {address.project.name}")
                    continue
                address.save(update_fields=["url"])
                rotated += 1
            record(Action.KEYS_ROTATED, details=f"Secrets: {rotated}.")
        self.stdout.write(f"{rotated} secret{'' if rotated == 1 else 's'} encrypted with the first key.")
        if lost:
            raise CommandError(
                f"No key decrypts the secret of: {', '.join(lost)}. "
                "Put the lost key back into FIELD_ENCRYPTION_KEYS. If you don't have the key, enter secrets and notice "
                "addresses again in the admin, and remove second factors, so that their owners can set up new ones."
            )

"""`manage.py new_key`; manage.py answers it itself, so that it runs before there are settings."""

from typing import Any

from cryptography.fernet import Fernet
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Prints a fresh key for FIELD_ENCRYPTION_KEYS."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(Fernet.generate_key().decode())

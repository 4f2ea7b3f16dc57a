"""`manage.py remove_second_factor NAME`, for a person who lost it, if no superuser can remove it in the admin."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from widgets.accounts import audit_log, second_factor
from widgets.models import Action


class Command(BaseCommand):
    help = (
        "Removes all second factors of one account. The password alone is then enough to log in. The owner gets a mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the user name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError("No account has this user name.")
        if not second_factor.remove(user):
            raise CommandError("This account has no second factor.")
        audit_log.log_command([user], "Removed the second factor.", Action.WAYS_TO_SIGN_IN)
        self.stdout.write("Removed. The password alone is enough to log in now.")

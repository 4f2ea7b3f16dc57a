"""`manage.py remove_second_factor NAME` removes the second factors of a person who lost them.

Superusers can also remove them in the admin.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from widgets.accounts import audit_log, second_factor
from widgets.models import Action


class Command(BaseCommand):
    help = (
        "Removes all second factors of one account, and ends its sessions. The account's owner gets a mail. "
        "After that, the person can log in without a second factor."
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
        self.stdout.write("The second factors are removed. The person can now log in without them.")

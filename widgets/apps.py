"""The app's start."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import register
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class WidgetsConfig(AppConfig):
    name = "widgets"
    verbose_name = "Mixpanel to Cyfe"

    def ready(self) -> None:
        from widgets.accounts.groups import fill_groups
        from widgets.management.private_files import check_private_files

        register(check_private_files)
        pre_migrate.connect(take_your_time, sender=self, dispatch_uid="widgets.take_your_time")
        post_migrate.connect(fill_groups, sender=self, dispatch_uid="widgets.accounts.groups")


def take_your_time(using: str, **kwargs: Any) -> None:
    """The connection that migrates has no `statement_timeout`: a large table may take longer than an answer may."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")

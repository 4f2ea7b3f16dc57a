"""Configures the Django app `widgets`, and makes Django's admin use MixCyfe's `Site` class."""

from typing import Any

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin
from django.core.checks import register
from django.db import connections
from django.db.models.signals import pre_migrate


class WidgetsConfig(AppConfig):
    name = "widgets"
    verbose_name = "Mixpanel to Cyfe"

    def ready(self) -> None:
        from widgets.management.private_files import check_private_files

        register(check_private_files)
        pre_migrate.connect(remove_statement_timeout, sender=self, dispatch_uid="widgets.remove_statement_timeout")


class AdminConfig(django_admin.AdminConfig):
    default = False  # the default is WidgetsConfig
    default_site = "widgets.web.admin_site.Site"


def remove_statement_timeout(using: str, **kwargs: Any) -> None:
    """Removes PostgreSQL's time limit per statement before migrations, because large tables take long to migrate."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")

"""The app's start."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class WidgetsConfig(AppConfig):
    name = "widgets"
    verbose_name = "Mixpanel to Cyfe"

    def ready(self) -> None:
        from .groups import fill_groups

        post_migrate.connect(fill_groups, sender=self, dispatch_uid="widgets.groups")

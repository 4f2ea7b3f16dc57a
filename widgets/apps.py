"""The app's start."""

from django.apps import AppConfig


class WidgetsConfig(AppConfig):
    name = "widgets"
    verbose_name = "Mixpanel to Cyfe"

"""Django's admin for projects, widgets and people."""

from django.contrib import admin

from . import front, people, project, sign_in, trail, widget
from .strict_list import make_strict

make_strict(admin.site)

__all__ = ["front", "people", "project", "sign_in", "trail", "widget"]

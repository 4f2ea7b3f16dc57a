"""The pages of Django's admin for projects, widgets, people and the audit log."""

from django.contrib import admin

from widgets.admin import audit_log, people, project, widget
from widgets.admin.strict_list import make_strict

make_strict(admin.site)

__all__ = ["audit_log", "people", "project", "widget"]

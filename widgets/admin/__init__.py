"""The pages of Django's admin for projects, widgets, people and the audit log."""

from widgets.admin import audit_log, people, project, widget

__all__ = ["audit_log", "people", "project", "widget"]

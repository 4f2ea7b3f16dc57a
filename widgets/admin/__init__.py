"""Django's admin for projects, widgets and people."""

from . import front, people, project, trail, widget

__all__ = ["front", "people", "project", "trail", "widget"]

"""Django's admin for projects and widgets."""

from . import project, widget

__all__ = ["project", "widget"]

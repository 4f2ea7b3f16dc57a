"""Imports are tested through their commands."""

from tests.commands.conftest import manage, site

__all__ = ["manage", "site"]

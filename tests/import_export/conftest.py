"""Fixtures for tests of imports and exports: the tests run the commands `import_…` and `export_widgets`."""

from tests.commands.conftest import manage, site

__all__ = ["manage", "site"]

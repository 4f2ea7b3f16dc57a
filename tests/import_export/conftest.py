"""Fixtures for tests of imports and exports: the tests run the commands `import_…` and `export_widgets`."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.commands.conftest import Printed, manage, site

__all__ = ["manage", "site"]


@pytest.fixture
def load(manage: Callable[..., Printed]) -> Callable[..., Printed]:
    """A function that imports projects and widgets with `import_widgets`, from standard input."""

    def run(projects: Any = (), widgets: Any = ()) -> Printed:
        content = {"projects": list(projects), "widgets": list(widgets)}
        return manage("import_widgets", "-", stdin=json.dumps(content).encode())

    return run

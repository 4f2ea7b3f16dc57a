"""Fixtures that run `manage.py` commands, in the tests' process or in a copy of the site."""

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
from django.core.management import call_command

from tests.commands.copy import Copy


class Printed(NamedTuple):
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@pytest.fixture
def manage(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Printed]:
    """A function that runs a command in this process: `manage("import_widgets", "-", stdin=b"{}")`."""

    def run(name: str, *arguments: str, stdin: bytes = b"") -> Printed:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        out, err = io.StringIO(), io.StringIO()
        call_command(name, *arguments, stdout=out, stderr=err)
        return Printed(out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the site with an empty, migrated database."""
    return Copy(tmp_path_factory.mktemp("site"), with_database=True)

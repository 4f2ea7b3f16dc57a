"""A clock that stands still, and the fixtures of tests/security (people and teams)."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.security.conftest import acme, hooli, log_in, make_team, make_user, superuser

__all__ = ["acme", "hooli", "log_in", "make_team", "make_user", "superuser"]


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-23T10:00:00+00:00", tick=False) as traveller:
        yield traveller

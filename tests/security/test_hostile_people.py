"""Logged-in people send hostile requests to all addresses of the admin.

Each request gets an answer in time, without a status 500, a line in the log, or data of another team.
"""

import logging
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from tests.conftest import CLUSTER
from tests.security.conftest import MARK, OBJECT_PARTS, Team, undone
from tests.security.hostile import BEYOND, HUGE, forms, queries
from tests.security.routes import Route, every_route, fill
from widgets.accounts import audit_log
from widgets.models import Role

pytestmark = pytest.mark.django_db
EVERY = 8 if CLUSTER else 80
"""One of this many hostile requests is tested. All of them would take five minutes."""

LONGEST = 15
"""A response that takes more than this number of seconds fails the test, even on a slow machine."""


@pytest.fixture(params=[role for role in (*Role, "superuser") if CLUSTER or role != Role.EDITOR])
def somebody(request: Any, acme: Team, hooli: Team, make_user: Any, superuser: Any) -> Any:
    if request.param == "superuser":
        return superuser
    return make_user("Acme-somebody", request.param, (acme.project,))


@pytest.fixture
def in_both(acme: Team, hooli: Team, make_user: Any, superuser: Any) -> Any:
    """A viewer of Acme who is also a member of the other team, and was invited to both."""
    user = make_user("Acme-both", Role.VIEWER, (acme.project, hooli.project))
    audit_log.log_change(superuser, user, "Invited to Acme, Hooli.")
    return user


def addresses(things: Any, person: Any) -> Iterator[tuple[Route, str]]:
    """All addresses of the board, the admin and charts, with ids of Acme's objects.

    Users' pages get the id of `person`.
    """
    for route in every_route():
        if (not route.path.startswith(("admin/", "charts/")) and route.path) or "logout" in route.path:
            continue
        values = things(route, True)
        if "auth/user" in route.path:
            values |= dict.fromkeys(OBJECT_PARTS, str(person.pk))
        yield route, fill(route.path, values)


def impossible(things: Any) -> Iterator[str]:
    """Addresses with ids that no row can have."""
    keys = (HUGE, BEYOND, "-1", "x")
    for number, route in enumerate(every_route()):
        if OBJECT_PARTS & set(route.parts):
            for key in keys if CLUSTER else keys[number % 4 :][:1]:
                yield fill(route.path, things(route, True) | dict.fromkeys(OBJECT_PARTS, key))


def listed(route: Route) -> Any:
    """The model whose list has this address in the admin, or None."""
    return next(
        (m for m in admin.site._registry if route.path == f"admin/{m._meta.app_label}/{m._meta.model_name}/"), None
    )


@cache
def behind_a_list(model: Any) -> list[str]:
    return list(queries(model))


def some(tries: list[Any], start: int) -> list[Any]:
    step = min(EVERY, len(tries))
    return tries[start % step :: step]


def tried(client: Client, method: str, address: str, data: Any, hidden: str) -> list[str]:
    """Sends a request, and returns the faults of the response."""
    begin = time.monotonic()
    with undone():
        response = getattr(client, method)(address, data)
    text = response.getvalue().decode(errors="replace").lower()
    faults = {
        f"{response.status_code}": response.status_code not in (200, 302, 400, 403, 404, 405),
        "slow": time.monotonic() - begin > LONGEST,
        "a traceback": "traceback" in text,
        f"{hidden} in it": bool(hidden) and hidden.lower() in text,
    }
    return [f"{fault}: {method} {address[:200]} {str(data)[:300]}" for fault, found in faults.items() if found]


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_breaks_or_shows_data_of_other_teams(
    method: str, somebody: Any, in_both: Any, acme: Team, things: Any, log_in: Any, caplog: Any, recwarn: Any
) -> None:
    caplog.set_level(logging.WARNING)
    client = log_in(somebody)
    client.raise_request_exception = False
    hidden = "" if somebody.is_superuser else MARK
    found = []
    for number, (route, address) in enumerate(addresses(things, in_both)):
        if method == "get":
            for query in some(behind_a_list(listed(route)), number):
                found += tried(client, "get", f"{address}?{query}", None, hidden)
        else:
            for data in some(list(forms(str(acme.widget.pk))), number):
                found += tried(client, "post", address, data, hidden)
    for address in impossible(things):
        found += tried(client, method, address, None, hidden)
    assert found == []
    assert [record.getMessage()[:200] for record in caplog.records] == []
    assert [str(warning.message) for warning in recwarn if warning.category is RuntimeWarning] == []

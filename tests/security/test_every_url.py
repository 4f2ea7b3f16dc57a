"""Every role requests every address of the site, with GET and POST. `every_url.txt` has the expected results.

An address without a row fails the test: add a row that says what each role gets.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import serializers
from django.test import Client

from tests.conftest import new_project
from tests.security.conftest import MARK, MISSING, OBJECT_PARTS, Team, undone
from tests.security.routes import Route, every_route, fill
from widgets.models import Membership, Project, Role, Widget

TABLE = Path(__file__).with_name("every_url.txt")
ROLES = ("stranger", "viewer", "editor", "lead", "outsider", "mixed", "view_user", "superuser")
PLAIN = ("stranger", "viewer", "editor", "lead", "outsider")
"""The roles that every run tests. CLUSTER=1 adds the others."""

A_TEAMS = ("widgets/", "auth/user/", "charts/", "shared/<")
"""Parts of addresses whose objects belong to a team. Other teams must not even learn that such an object exists."""


def table() -> dict[str, list[str]]:
    rows = [line.split() for line in TABLE.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {path if path != "(empty)" else "": cells for path, *cells in rows}


def test_it_has_a_row_for_every_address_and_no_other() -> None:
    assert sorted(table()) == sorted(route.path for route in every_route())


WRITERS = ("editor", "lead", "superuser")
"""The roles that are allowed to change the team's data."""


def stored() -> str:
    """The projects, members and widgets, and Django's log about them, as text."""
    fields = [f.name for f in Widget._meta.fields if f.name != "last_polled_at"]
    entries = LogEntry.objects.filter(content_type__app_label="widgets")
    rows = [*Project.objects.all(), *Membership.objects.all(), *entries]
    return serializers.serialize("json", rows) + serializers.serialize("json", Widget.objects.all(), fields=fields)


def result(client: Client, method: str, path: str, data: dict[str, str]) -> tuple[str, str, str]:
    """The kind of response (such as `page` or `404`), the address of its redirect, and its text."""
    response = client.get(path) if method == "get" else client.post(path, data)
    text = response.getvalue().decode(errors="replace")
    target = response.headers.get("Location", "")
    if response.status_code == 302:
        return ("login" if target.startswith("/admin/login/") else "away"), target, text
    return ("page" if response.status_code == 200 else str(response.status_code)), target, text


def walk(
    client: Callable[[], Client],
    route: Route,
    values: Any,
    data: dict[str, str],
    not_here: set[str],
    secretly: bool,
    may_write: bool,
) -> str:
    """The results of a role at a route, as `GET/POST`. No response may contain a word from `not_here`.

    The result is `gone` if the role is refused exactly as for an object that does not exist. With `secretly`, each
    status and redirect must be the same as for such an object. Only an accepted POST of a role with `may_write` may
    change the stored data.
    """
    cells, before = [], stored()
    for method in ("get", "post"):
        address = fill(route.path, values(route, True))
        with undone():
            found, target, text = result(client(), method, address, data)
            refused = (found, target) in (("away", "/admin/"), ("404", ""))
            accepted = may_write and method == "post" and found in ("page", "away") and not refused
            assert accepted or stored() == before, f"{method} {address} has changed data"
        for mark in not_here:
            assert mark.lower() not in text.lower().replace(address.lower(), ""), f"{mark} at {method} {address}"
        if OBJECT_PARTS & set(route.parts) and (refused or secretly):
            with undone():
                missing = result(client(), method, fill(route.path, values(route, False)), data)
            target = target.replace(values(route, True)["pk"], MISSING)
            assert missing[:2] == (found, target), f"{method} {address} differs from the answer for a missing object"
            found = "gone" if refused else found
        cells.append(found)
    return "/".join(cells)


def test_djangos_permissions_give_a_viewer_no_more_access() -> None:
    """A viewer who has all of Django's permissions gets the same as any viewer. `view_user` is the role of that viewer.

    Addresses under `account/` are left out, because in this table only the role `viewer` has a passkey.
    """
    viewer, holder = ROLES.index("viewer"), ROLES.index("view_user")
    rows = [cells for path, cells in table().items() if not path.startswith("account/")]
    assert [cells[holder] for cells in rows] == [cells[viewer] for cells in rows]


@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=[] if role in PLAIN else pytest.mark.slow) for role in ROLES]
)
def test_each_role_gets_the_results_in_the_table(
    role: str, acme: Team, hooli: Team, superuser: Any, things: Any, make_user: Any, log_in: Any
) -> None:
    mixed, holder = (make_user(f"Acme-{name}", Role.VIEWER, (acme.project,)) for name in ("mixed", "view_user"))
    mixed.mixpanel_projects.add(new_project(name="Own", project_id=4711), through_defaults={"role": Role.LEAD})
    holder.user_permissions.set(Permission.objects.all())
    people = (None, acme.viewer, acme.editor, acme.lead, hooli.lead, mixed, holder, superuser)
    user = dict(zip(ROLES, people, strict=True))[role]
    cookies = log_in(user).cookies if user else None

    def client() -> Client:
        new = Client(raise_request_exception=False)
        if cookies is not None:
            new.cookies.load({name: morsel.value for name, morsel in cookies.items()})
        return new

    hidden = {"stranger": {"Acme", MARK}, "outsider": {"Acme"}, "superuser": set()}.get(role, {MARK})
    data = {"project": str(acme.project.pk), "list": "events"}
    data |= {"action": "pause", "_selected_action": str(acme.widget.pk)}
    expected, found = table(), {}
    for route in every_route():
        # Polls need no login, so everybody is allowed to read Acme's name there.
        not_here = hidden if not route.path.startswith("w/") else set()
        secretly = role == "outsider" and any(part in route.path for part in A_TEAMS)
        found[route.path] = walk(client, route, things, data, not_here, secretly, role in WRITERS)
    column = ROLES.index(role)
    assert found == {path: cells[column] for path, cells in expected.items() if path in found}

"""Fixtures for tests of access: two teams on one host that must not see each other, and the members of both."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client

from tests.conftest import new_project
from tests.security.codes import passkey_of
from tests.security.routes import Route
from widgets.accounts import audit_log
from widgets.models import DeletedWidget, Project, Role, SharedBoard, Widget

MARK = "Hooli"
"""A word that is part of every name of the other team, and of no other name."""

MISSING = "987654321"
OBJECT_PARTS = {"object_id", "pk", "id"}
"""The parameters of a route that name its main object. `user` names a second object: a member of the project."""


@dataclass
class Team:
    project: Project
    widget: Widget
    lead: Any
    editor: Any
    viewer: Any


@pytest.fixture
def make_user(db: None, django_user_model: Any) -> Callable[..., Any]:
    def make(name: str, role: Role = Role.VIEWER, projects: tuple[Project, ...] = (), **fields: Any) -> Any:
        values = {"email": f"{name.lower()}@example.com", "password": "a long password"} | fields
        user = django_user_model.objects.create_user(name, **values)
        user.mixpanel_projects.add(*projects, through_defaults={"role": role})
        return user

    return make


@pytest.fixture
def make_team(make_user: Any) -> Callable[..., Team]:
    def make(name: str, project_id: int) -> Team:
        project = new_project(name=name, project_id=project_id)
        lead, editor, viewer = (make_user(f"{name}-{role}", role, (project,)) for role in reversed(Role))
        widget = Widget(
            project=project, title=f"{name} signups", report="events", events=["Signed up"], last=5, owner=editor
        )
        widget.save()
        return Team(project, widget, lead, editor, viewer)

    return make


@pytest.fixture
def acme(make_team: Any, mixpanel: Any) -> Team:
    """The team whose objects these tests request."""
    return make_team("Acme", 2526451)


@pytest.fixture
def hooli(make_team: Any, mixpanel: Any) -> Team:
    """Another team. The people of Acme must not learn that it exists."""
    return make_team(MARK, 7777777)


@pytest.fixture
def superuser(db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_superuser("root", "root@example.com", "a long password")


@pytest.fixture
def log_in() -> Callable[..., Client]:
    def as_user(user: Any = None, **options: Any) -> Client:
        client = Client(**options)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return as_user


@pytest.fixture
def things(acme: Team, hooli: Team, superuser: Any) -> Callable[[Route, bool], dict[str, str]]:
    """A function that returns a route's parameters.

    With True, they name an object of Acme; with False, a missing object.
    """
    audit_log.log_change(acme.editor, acme.widget, "Paused.")
    audit_log.log_change(hooli.editor, hooli.widget, "Paused.")
    deleted = Widget(project=acme.project, title="Acme logins", report="events", events=["Logged in"], last=5)
    deleted.save()
    DeletedWidget.objects.take(Widget.objects.filter(pk=deleted.pk), acme.editor)
    passkey = passkey_of(acme.viewer)
    rows = {
        "widgets/deletedwidget": DeletedWidget.objects.get(),
        "widgets/project": acme.project,
        "widgets/widget": acme.widget,
        "charts": acme.widget,
        "widgets/<int:pk>": acme.widget,
        "shared": SharedBoard.objects.create(maker=superuser, project=acme.project),
        "auth/user": acme.viewer,
        "account/<int:pk>": acme.viewer,
        "account/passkeys": passkey,
        "admin/r/": acme.widget,
    }

    def values(route: Route, there: bool) -> dict[str, str]:
        key = next((str(row.pk) for part, row in rows.items() if part in route.path), "")
        return {
            **dict.fromkeys(OBJECT_PARTS, key if there else MISSING),
            "user": str(acme.viewer.pk),
            "content_type_id": str(ContentType.objects.get_for_model(Widget).pk),
            "app_label": "widgets",
            "url": "no/such/page/",
            "uidb64": "MQ",
            "token": "c0ffee-0123456789abcdef",
            "address": f"{acme.widget.slug}.csv",
            "kind": "csv",
        }

    return values


@contextmanager
def undone() -> Iterator[None]:
    """Undoes all changes of its block in the database, so that the next request finds the same data."""
    atomic = transaction.atomic()
    # As in pytest-django's own transactions, Django's durable blocks are allowed inside this one.
    atomic._from_testcase = True
    with atomic:
        yield
        transaction.set_rollback(True)

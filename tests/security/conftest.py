"""Two teams on one host, who know nothing of each other, and the people who walk through them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.conftest import new_project
from widgets.groups import EDITORS, VIEWERS
from widgets.models import Project, Widget

MARK = "Hooli"
"""Stands in everything that is the other team's, and nowhere else."""


@dataclass
class Team:
    project: Project
    widget: Widget
    editor: Any
    viewer: Any


@pytest.fixture
def make_user(db: None, django_user_model: Any) -> Callable[..., Any]:
    def make(name: str, group: str = "", projects: tuple[Project, ...] = (), **fields: Any) -> Any:
        values = {"is_staff": True, "email": f"{name.lower()}@example.com", "password": "a long password"} | fields
        user = django_user_model.objects.create_user(name, **values)
        if group:
            user.groups.add(Group.objects.get(name=group))
        user.mixpanel_projects.add(*projects)
        return user

    return make


@pytest.fixture
def make_team(make_user: Any) -> Callable[..., Team]:
    def make(name: str, project_id: int) -> Team:
        project = new_project(name=name, project_id=project_id)
        editor = make_user(f"{name}-editor", EDITORS, (project,))
        viewer = make_user(f"{name}-viewer", VIEWERS, (project,))
        widget = Widget(
            project=project, title=f"{name} signups", report="events", events=["Signed up"], last=5, owner=editor
        )
        widget.save()
        return Team(project, widget, editor, viewer)

    return make


@pytest.fixture
def acme(make_team: Any, mixpanel: Any) -> Team:
    """The team whose things are walked through."""
    return make_team("Acme", 2526451)


@pytest.fixture
def hooli(make_team: Any, mixpanel: Any) -> Team:
    """Another team, of whose existence nobody at Acme may learn."""
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

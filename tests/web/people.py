"""People who are logged in, for tests of pages."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from widgets.accounts.groups import EDITORS, VIEWERS
from widgets.models import Project


def boss(name: str = "boss") -> Client:
    return logged_in(get_user_model().objects.create_superuser(name, f"{name}@example.com", "a long password"))


def editor(*projects: Project, name: str = "editor") -> Client:
    return member(name, EDITORS, projects)


def viewer(*projects: Project, name: str = "viewer") -> Client:
    return member(name, VIEWERS, projects)


def member(name: str, group: str, projects: tuple[Project, ...]) -> Client:
    user = get_user_model().objects.create_user(name, f"{name}@example.com", "a long password", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    for project in projects:
        project.members.add(user)
    return logged_in(user)


def logged_in(user: object) -> Client:
    """A client with its user as `person`."""
    client = Client()
    client.force_login(user)
    client.person = user
    return client

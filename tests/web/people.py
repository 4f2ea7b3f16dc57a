"""Clients of people who are logged in, for tests of pages."""

from django.contrib.auth import get_user_model
from django.test import Client

from widgets.models import Project, Role


def boss(name: str = "boss") -> Client:
    return logged_in(get_user_model().objects.create_superuser(name, f"{name}@example.com", "a long password"))


def lead(*projects: Project, name: str = "lead") -> Client:
    return member(name, Role.LEAD, projects)


def editor(*projects: Project, name: str = "editor") -> Client:
    return member(name, Role.EDITOR, projects)


def viewer(*projects: Project, name: str = "viewer") -> Client:
    return member(name, Role.VIEWER, projects)


def member(name: str, role: Role, projects: tuple[Project, ...]) -> Client:
    user = get_user_model().objects.create_user(name, f"{name}@example.com", "a long password")
    user.mixpanel_projects.add(*projects, through_defaults={"role": role})
    return logged_in(user)


def set_role(client: Client, role: Role) -> None:
    """Gives the person of this client the role in all of the person's projects."""
    client.person.memberships.update(role=role)


def logged_in(user: object) -> Client:
    """A client that is logged in as this user. Its attribute `person` is the user."""
    client = Client()
    client.force_login(user)
    client.person = user
    return client

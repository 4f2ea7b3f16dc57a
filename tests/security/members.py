"""Functions for the page of a project's members, and for the invitations that a lead sends."""

import re
from typing import Any

from django.contrib.auth import get_user_model
from django.test import Client

from tests.security.conftest import Team

PASSWORD = {"new_password1": "correct horse battery", "new_password2": "correct horse battery"}


def page_of(team: Team, *more: Any) -> str:
    return "/".join(map(str, ("/admin/widgets/project", team.project.pk, "members", *more, "")))


def invite(client: Client, team: Team, **values: Any) -> Any:
    return client.post(page_of(team), {"name": "Ada Byron", "email": "Ada@Example.com", "role": "editor"} | values)


def ada() -> Any:
    return get_user_model().objects.filter(username="ada@example.com").first()


def roles(user: Any) -> dict[str, str]:
    return dict(user.memberships.values_list("project__name", "role"))


def link_on(response: Any) -> str:
    found = re.search(r'value="http://testserver(/welcome/[^"]+)"', response.content.decode())
    return found[1] if found else ""


def set_password(client: Client, link: str, **values: str) -> Any:
    page = client.get(link)
    return client.post(page["Location"], PASSWORD | values) if page.status_code == 302 else page

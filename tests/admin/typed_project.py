"""The values that somebody types into a project's form, for tests of the project's page."""

from typing import Any

from django.test import Client

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
from widgets.models import Project

ADD = "/admin/widgets/project/add/"
TEST = "/admin/widgets/project/connection/"
TYPED = {
    "region": "us",
    "project_id": str(DEMO_PROJECT_ID),
    "workspace_id": "",
    "timezone": "US/Pacific",
    "auth": "service_account",
    "username": DEMO_USERNAME,
    "new_secret": DEMO_SECRET,
}
"""The fields that the connection test uses."""

WHOLE = TYPED | {"name": "Acme", "hourly_limit": "60", "concurrent_limit": "5", "refresh_minutes": "15"}
"""The fields that are needed to save a project."""


def change(project: Project) -> str:
    return f"/admin/widgets/project/{project.pk}/change/"


def ask(client: Client, **fields: str) -> dict[str, Any]:
    """Tests the connection from the page of a new project."""
    response = client.post(TEST, TYPED | fields)
    assert response.status_code == 200, response.status_code
    assert DEMO_SECRET.encode() not in response.content
    return response.json()


def ask_saved(client: Client, project: Project, **fields: str) -> dict[str, Any]:
    """Tests the connection from a saved project's page, with the secret's field left empty."""
    return ask(client, **({"project": str(project.pk), "new_secret": ""} | fields))

"""The values that somebody types into a project's form, for tests of the project's page."""

from fake_mixpanel.fake import DEMO_PROJECT_ID, DEMO_SECRET, DEMO_USERNAME
from widgets.models import Project

ADD = "/admin/widgets/project/add/"
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

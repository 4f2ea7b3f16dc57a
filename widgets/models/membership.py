"""The members of projects, and their roles. The functions in `access` derive all rights from these roles.

Django's groups and permissions give no rights.
"""

from django.conf import settings
from django.db import models


class Role(models.TextChoices):
    """A member's role in a project. The roles are in order: each role has all rights of the roles before it."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    LEAD = "lead", "Lead"

    @property
    def and_higher(self) -> tuple["Role", ...]:
        roles = tuple(Role)
        return roles[roles.index(self) :]


class Membership(models.Model):
    """The membership of one person in one project. `project.members.add(user)` gives the role Editor."""

    project = models.ForeignKey("widgets.Project", models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        db_table = "widgets_project_members"  # release 1.0 gave the table this name
        unique_together = (("project", "user"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.project} as {self.role}"

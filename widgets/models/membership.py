"""The members of projects, and their roles, from which `access` derives all rights."""

from django.conf import settings
from django.db import models


class Role(models.TextChoices):
    """Each role has all rights of the roles before it."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    LEAD = "lead", "Lead"

    @property
    def and_higher(self) -> tuple["Role", ...]:
        roles = tuple(Role)
        return roles[roles.index(self) :]


class Membership(models.Model):
    """`project.members.add(user)` gives the role Editor."""

    project = models.ForeignKey("widgets.Project", models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        db_table = "widgets_project_members"  # release 1.0 gave the table this name
        unique_together = (("project", "user"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.project} as {self.role}"

"""The members of projects, and their roles. The functions in `access` read them.

Django's groups and permissions give no rights.
"""

from django.conf import settings
from django.db import models


class Role(models.TextChoices):
    """What a member may do in a project, from the least to the most. Each role may do all that the one before may."""

    VIEWER = "viewer", "Viewer"
    EDITOR = "editor", "Editor"
    LEAD = "lead", "Lead"

    @property
    def and_higher(self) -> tuple["Role", ...]:
        roles = tuple(Role)
        return roles[roles.index(self) :]


class Membership(models.Model):
    """One person in one project. `project.members.add(user)` makes an editor."""

    project = models.ForeignKey("widgets.Project", models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        db_table = "widgets_project_members"  # the join table of release 1.0
        unique_together = (("project", "user"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.project} as {self.role}"

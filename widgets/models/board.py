"""Shared boards, which everybody with the link can see, and the check of a widget's tags."""

import secrets
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from widgets.models.membership import Membership, Role
from widgets.models.project import Project

MOST_TAGS = 5
"""The maximum number of tags per widget. The filter by tag makes one comparison for each possible position in the list,
because SQLite has no operator to search lists."""

LONGEST_TAG = 40
LONGEST_SEARCH = 200


def validate_tags(tags: Any) -> None:
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag.strip() == tag != "" for tag in tags):
        raise ValidationError("Write the tags as a list of texts. No tag can be empty, or begin or end with a space.")
    if len(tags) > MOST_TAGS:
        raise ValidationError(f"Write at most {MOST_TAGS} tags.")
    if len(set(tags)) < len(tags):
        raise ValidationError("Write each tag only once.")
    if any(len(tag) > LONGEST_TAG for tag in tags):
        raise ValidationError(f"Write at most {LONGEST_TAG} characters per tag.")


def new_token() -> str:
    """A token of 192 random bits, which nobody can guess, for the address of a shared board."""
    return secrets.token_urlsafe(24)


class SharedBoardQuerySet(models.QuerySet["SharedBoard"]):
    def working(self) -> Self:
        """Active boards whose maker can still edit widgets in the board's project.

        If the board shows all projects, the maker must be able to edit widgets in at least one project.
        """
        editing = Membership.objects.filter(user=models.OuterRef("maker"), role__in=Role.EDITOR.and_higher)
        its_project = editing.filter(project=models.OuterRef("project"))
        may_share = (
            models.Q(maker__is_superuser=True)
            | models.Q(project=None) & models.Exists(editing)
            | models.Exists(its_project)
        )
        return self.filter(may_share, active=True, maker__is_active=True)

    def managed_by(self, user: Any) -> Self:
        """The boards that this user can end: the user's own boards, and boards of projects that the user leads.

        The lead of a project can also end a board of all projects if the board might show this project's widgets.
        """
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        led = Membership.objects.filter(user=user.pk, role=Role.LEAD).values("project")
        its_editors = Membership.objects.filter(project__in=led, role__in=Role.EDITOR.and_higher).values("user")
        of_all_projects = models.Q(project=None) & (
            models.Q(maker__in=its_editors) | models.Q(maker__is_superuser=True) & models.Exists(led)
        )
        return self.filter(models.Q(maker=user) | models.Q(project__in=led) | of_all_projects)


class SharedBoard(models.Model):
    """A link that shows a board's widgets to everybody who has the link, as long as `active` is true.

    `project`, `words`, `tag` and `health` filter the widgets; an empty field filters nothing. Visitors see only widgets
    that the maker can edit at the time of the visit, because only editors are allowed to share a widget's numbers.
    """

    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="shared_boards")
    project = models.ForeignKey(Project, models.CASCADE, null=True, blank=True, related_name="shared_boards")
    words = models.CharField(max_length=LONGEST_SEARCH, blank=True)
    tag = models.CharField(max_length=LONGEST_TAG, blank=True)
    health = models.CharField(max_length=10, blank=True)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SharedBoardQuerySet.as_manager()

    def __str__(self) -> str:
        return f"board #{self.pk} shared by {self.maker}"

    def replace_token(self) -> None:
        """Gives the board a new address. The old one then answers 404."""
        self.token = new_token()
        self.save(update_fields=["token"])

    def url(self) -> str:
        return f"{settings.SITE_URL}/b/{self.token}"

"""A Mixpanel project: where it lies, who may ask it, and how much."""

from datetime import date, datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone

from widgets.mixpanel.regions import REGIONS
from widgets.models.access import VisibleQuerySet
from widgets.models.encrypted import Encrypted, EncryptedField, encrypt, problem_with

PROJECT_SECRET_ENDS = date(2027, 3, 3)
"""https://developer.mixpanel.com/reference/project-secret: deprecated, and gone after this day."""

LEARNED_FOR = timedelta(days=7)
"""How long a limit that a 429 named counts: Mixpanel may have raised it meanwhile."""

BACKOFF_FIELDS = ("backoff_until", "backoff_kind", "backoff_message", "backoff_count", "full_until")
"""What `release` changes."""


class Auth(models.TextChoices):
    """How a project signs in to Mixpanel."""

    SERVICE_ACCOUNT = "service_account", "Service account"
    PROJECT_SECRET = "project_secret", "Project secret (Mixpanel ends it on 3 March 2027)"


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(
            "There is no time zone of this name. Copy it from Mixpanel's project settings, for example "
            "US/Pacific or Europe/Paris.",
            code="timezone",
        )


class VisibleProjects(VisibleQuerySet["Project"]):
    to_project = "pk"

    def annotate_widgets(self) -> Self:
        return self.annotate(widget_total=models.Count("widgets"))


class Project(models.Model):
    name = models.CharField(max_length=100, unique=True, help_text="As your team calls it.")
    region = models.CharField(
        "data residency",
        max_length=2,
        choices=list(REGIONS.items()),
        default="us",
        help_text="Where Mixpanel keeps the project: eu.mixpanel.com in its address means European Union.",
    )
    project_id = models.PositiveBigIntegerField(
        "project id",
        null=True,
        blank=True,
        help_text="The number after /project/ in the project's address at Mixpanel.",
    )
    workspace_id = models.PositiveBigIntegerField(
        "workspace id",
        null=True,
        blank=True,
        help_text="Only for projects with Data Views: the number after /view/ in the address.",
    )
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="US/Pacific",
        validators=[validate_timezone],
        help_text="As in Mixpanel's project settings. It decides where a day ends.",
    )
    auth = models.CharField(
        "sign in with",
        max_length=20,
        choices=Auth.choices,
        default=Auth.SERVICE_ACCOUNT,
        help_text="Make a service account in Mixpanel under Organization settings → Service accounts; "
        "the role Consumer is enough.",
    )
    username = models.CharField(
        "user name",
        max_length=255,
        blank=True,
        help_text="The service account's user name. Empty for a project secret.",
    )
    secret = EncryptedField(editable=False, blank=True)
    secret_version = models.PositiveIntegerField(default=0, editable=False)

    hourly_limit = models.PositiveIntegerField(
        "queries an hour",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="What Mixpanel allows this project: 60 on most plans.",
    )
    concurrent_limit = models.PositiveIntegerField(
        "queries at once",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="What Mixpanel allows this project: 5 on most plans.",
    )
    refresh_minutes = models.FloatField(
        "minutes between queries",
        default=15,
        validators=[MinValueValidator(0.1), MaxValueValidator(10_080)],
        help_text="How old numbers that include today may get. Ranges that are over are asked far less often.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="mixpanel_projects",
        help_text="Who sees this project and its widgets. Superusers see every project.",
    )

    learned_hourly = models.PositiveIntegerField(null=True, editable=False)
    learned_concurrent = models.PositiveIntegerField(null=True, editable=False)
    learned_at = models.DateTimeField(null=True, editable=False)
    backoff_until = models.DateTimeField(null=True, editable=False)
    backoff_kind = models.CharField(max_length=20, blank=True, editable=False)
    backoff_message = models.TextField(blank=True, editable=False)
    backoff_count = models.PositiveIntegerField(default=0, editable=False)
    full_until = models.DateTimeField(null=True, editable=False)
    interval_factor = models.FloatField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = VisibleProjects.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(
                fields=("region", "project_id"),
                name="one_project_a_mixpanel_project",
                violation_error_message="This Mixpanel project is here already: its widgets share one set of limits.",
            ),
            models.CheckConstraint(
                condition=models.Q(project_id__isnull=False) | models.Q(auth=Auth.PROJECT_SECRET),
                name="service_account_needs_project_id",
                violation_error_message="A service account needs the project id.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, str] = {}
        if self.auth == Auth.SERVICE_ACCOUNT and not self.username:
            errors["username"] = "Enter the service account's user name, or sign in with the project secret."
        if self.auth == Auth.SERVICE_ACCOUNT and not self.project_id:
            errors["project_id"] = "A service account needs the project id: the number after /project/ in the address."
        if self.auth == Auth.PROJECT_SECRET and self.username:
            errors["username"] = "A project secret has no user name: leave it empty."
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """Saves. Where it asks may have changed, so its widgets are tied to the queries that they now mean."""
        if update_fields is not None:
            return super().save(*args, update_fields=update_fields, **kwargs)
        with transaction.atomic():
            before = Project.objects.filter(pk=self.pk).first() if self.pk else None
            if before and before.configured_limits != self.configured_limits:
                self.learned_hourly = self.learned_concurrent = self.learned_at = None
                self.interval_factor = 1  # reckoned anew after the next query
            self.release()
            super().save(*args, **kwargs)
            if before and before.identity != self.identity:
                for widget in self.widgets.all():
                    widget.project = self
                    widget.save()
                # Kept by what was asked, not by who asked: the next project of the old id must not find them.
                self.snapshots.filter(widgets=None).delete()
                self.option_caches.all().delete()
            self.snapshots.set_due(self)
        return None

    @property
    def configured_limits(self) -> tuple[int, int]:
        return self.hourly_limit, self.concurrent_limit

    def set_secret(self, secret: str) -> None:
        self.secret = encrypt(secret)
        self.secret_version += 1

    @property
    def in_backoff(self) -> bool:
        return self.backoff_until is not None and self.backoff_until > timezone.now()

    @property
    def has_secret(self) -> bool:
        return bool(self.secret)

    @property
    def secret_problem(self) -> str:
        """Why there is nothing to sign in to Mixpanel with, or nothing. Costs nothing when asked again."""
        return problem_with(self.encrypted_secret.token)

    @property
    def encrypted_secret(self) -> Encrypted:
        return self.secret if isinstance(self.secret, Encrypted) else encrypt(self.secret)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def today(self, now: datetime | None = None) -> date:
        """Today in the project's zone, in which Mixpanel reckons its dates."""
        return (now or timezone.now()).astimezone(self.zone).date()

    @property
    def identity(self) -> list[Any]:
        """What tells this project's data from any other's; part of every snapshot's key.

        Without a project id the secret alone says which project answers, so a new secret is a new identity.
        """
        project_id: Any = self.project_id
        if project_id is None:
            project_id = f"secret {self.pk}.{self.secret_version}"
        return [self.region, project_id, self.workspace_id, self.timezone]

    @property
    def learned(self) -> tuple[int | None, int | None]:
        """The limits that a 429 named: queries an hour, and at once; None once that is a week ago."""
        if self.learned_at is None or timezone.now() - self.learned_at > LEARNED_FOR:
            return None, None
        return self.learned_hourly, self.learned_concurrent

    @property
    def effective_hourly(self) -> int:
        """Queries an hour: the configured number, or the lower one that a 429 taught us."""
        return min(self.hourly_limit, self.learned[0] or self.hourly_limit)

    @property
    def effective_concurrent(self) -> int:
        return min(self.concurrent_limit, self.learned[1] or self.concurrent_limit)

    def release(self) -> None:
        """Ends a hold: whatever was wrong may be right now. Who calls it saves BACKOFF_FIELDS."""
        self.backoff_until = self.full_until = None
        self.backoff_kind = self.backoff_message = ""
        self.backoff_count = 0
